package io.arrowquant.spark.hadoop;

import io.arrowquant.core.ArrowQuantException;
import io.arrowquant.core.StorageException;
import io.arrowquant.core.remote.RemotePath;
import java.io.IOException;
import java.net.URI;
import java.nio.file.FileSystems;
import java.nio.file.Path;
import org.apache.hadoop.conf.Configuration;

/** Turns the addresses that Spark users write into paths. */
public final class HadoopPaths {

  private HadoopPaths() {}

  /**
   * A path for an address: on the machine's own disk where it says {@code file:} or the default
   * file system is local, so that it can be mapped; on the Hub or a web server, which is read by
   * ranges; else in the file system of its scheme.
   *
   * @param location a URI such as {@code s3a://bucket/model} or {@code hf://org/name}, or a path of
   *     the default file system
   * @throws StorageException if there is no file system for it
   */
  public static Path of(String location, Configuration configuration) {
    if (RemotePath.isAddress(location)) {
      return RemotePath.of(location);
    }
    org.apache.hadoop.fs.Path path = new org.apache.hadoop.fs.Path(location);
    try {
      org.apache.hadoop.fs.FileSystem files = path.getFileSystem(configuration);
      URI absolute = path.makeQualified(files.getUri(), files.getWorkingDirectory()).toUri();
      if ("file".equals(absolute.getScheme())) {
        return Path.of(absolute.getPath());
      }
      return new HadoopFileSystem(files).getPath(absolute.getPath());
    } catch (IOException | IllegalArgumentException e) {
      throw new StorageException("cannot open " + location + ": " + e.getMessage(), e);
    }
  }

  /**
   * The address that {@link #of} makes the path from, on any machine of the cluster; of a file on a
   * server it is never to be shown.
   */
  public static String location(Path path) {
    if (path instanceof RemotePath remote) {
      try {
        return remote.fileAddress();
      } catch (IOException e) {
        throw ArrowQuantException.whileReading(path, e);
      }
    }
    Path absolute = path.toAbsolutePath();
    // Hadoop takes names as they are, without the escapes of a URI.
    return absolute instanceof HadoopPath own
        ? own.hadoop().toString()
        : "file:" + absolute.normalize();
  }

  /** Whether a path is on this machine's own disk, so that it may be mapped. */
  public static boolean isLocal(Path path) {
    return path.getFileSystem() == FileSystems.getDefault();
  }
}
