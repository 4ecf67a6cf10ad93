/**
 * Files of Hadoop's file systems (hdfs, s3a, abfs ...) as {@code java.nio.file} paths: whatever
 * reads checkpoints from a disk and writes models to one does so in an object store as it is.
 */
package io.arrowquant.spark.hadoop;
