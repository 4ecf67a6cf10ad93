/**
 * Plans carried out on Spark's executors. The driver cuts a class into tasks and ships each with
 * all it needs; a task writes one file under a name of its own attempt; of each task the driver
 * takes the result that Spark gives it, one, and renames its file into the model.
 */
package io.arrowquant.spark.job;
