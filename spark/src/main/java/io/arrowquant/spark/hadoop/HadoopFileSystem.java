package io.arrowquant.spark.hadoop;

import io.arrowquant.core.path.ForeignFileSystem;
import java.util.List;

/** A Hadoop file system, which Hadoop owns and shares. */
final class HadoopFileSystem extends ForeignFileSystem<HadoopPath> {

  private static final HadoopFileSystemProvider PROVIDER = new HadoopFileSystemProvider();

  private final org.apache.hadoop.fs.FileSystem files;

  HadoopFileSystem(org.apache.hadoop.fs.FileSystem files) {
    this.files = files;
  }

  org.apache.hadoop.fs.FileSystem files() {
    return files;
  }

  @Override
  protected HadoopPath path(boolean absolute, List<String> names) {
    return new HadoopPath(this, absolute, names);
  }

  @Override
  protected HadoopPath workingFolder() {
    return getPath(files.getWorkingDirectory().toUri().getPath());
  }

  @Override
  public HadoopFileSystemProvider provider() {
    return PROVIDER;
  }

  @Override
  public boolean isReadOnly() {
    return false;
  }

  /** The same place, whichever object stands for it. */
  @Override
  public boolean equals(Object other) {
    return other instanceof HadoopFileSystem that && files.getUri().equals(that.files.getUri());
  }

  @Override
  public int hashCode() {
    return files.getUri().hashCode();
  }
}
