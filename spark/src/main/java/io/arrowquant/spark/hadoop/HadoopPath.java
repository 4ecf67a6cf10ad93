package io.arrowquant.spark.hadoop;

import io.arrowquant.core.path.ForeignPath;
import java.net.URI;
import java.net.URISyntaxException;
import java.util.List;

/** A path of a Hadoop file system. */
final class HadoopPath extends ForeignPath<HadoopPath> {

  private final HadoopFileSystem fileSystem;

  HadoopPath(HadoopFileSystem fileSystem, boolean absolute, List<String> names) {
    super(fileSystem, absolute, names);
    this.fileSystem = fileSystem;
  }

  @Override
  public HadoopFileSystem getFileSystem() {
    return fileSystem;
  }

  /** The file system in Hadoop's own words. */
  org.apache.hadoop.fs.FileSystem files() {
    return fileSystem.files();
  }

  /** The same in Hadoop's own words, whatever characters its names hold. */
  org.apache.hadoop.fs.Path hadoop() {
    URI root = files().getUri();
    return new org.apache.hadoop.fs.Path(
        root.getScheme(), root.getAuthority(), toAbsolutePath().toString());
  }

  /** With the scheme and authority of its file system. */
  @Override
  public URI toUri() {
    URI root = files().getUri();
    try {
      return new URI(
          root.getScheme(), root.getAuthority(), toAbsolutePath().toString(), null, null);
    } catch (URISyntaxException e) {
      throw new IllegalStateException(e);
    }
  }
}
