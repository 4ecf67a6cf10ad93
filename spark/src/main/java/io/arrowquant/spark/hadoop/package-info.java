/**
 * Files of Hadoop's file systems (hdfs, s3a, abfs ...) as {@code java.nio.file} paths, read-only:
 * whatever reads checkpoints from a disk reads them from an object store as it is.
 */
package io.arrowquant.spark.hadoop;
