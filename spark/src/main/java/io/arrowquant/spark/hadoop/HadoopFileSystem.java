package io.arrowquant.spark.hadoop;

import java.nio.file.FileStore;
import java.nio.file.FileSystem;
import java.nio.file.Path;
import java.nio.file.PathMatcher;
import java.nio.file.WatchService;
import java.nio.file.attribute.UserPrincipalLookupService;
import java.nio.file.spi.FileSystemProvider;
import java.util.List;
import java.util.Set;

/** A Hadoop file system. Hadoop owns and shares it, so closing this does nothing. */
final class HadoopFileSystem extends FileSystem {

  private final org.apache.hadoop.fs.FileSystem files;
  private final HadoopFileSystemProvider provider = new HadoopFileSystemProvider();

  HadoopFileSystem(org.apache.hadoop.fs.FileSystem files) {
    this.files = files;
  }

  org.apache.hadoop.fs.FileSystem files() {
    return files;
  }

  @Override
  public FileSystemProvider provider() {
    return provider;
  }

  @Override
  public Path getPath(String first, String... more) {
    return HadoopPath.of(
        this,
        more.length == 0
            ? first
            : first + HadoopPath.SEPARATOR + String.join(HadoopPath.SEPARATOR, more));
  }

  @Override
  public boolean isOpen() {
    return true;
  }

  @Override
  public boolean isReadOnly() {
    return false;
  }

  @Override
  public String getSeparator() {
    return HadoopPath.SEPARATOR;
  }

  @Override
  public Iterable<Path> getRootDirectories() {
    return List.of(getPath(HadoopPath.SEPARATOR));
  }

  @Override
  public Iterable<FileStore> getFileStores() {
    return List.of();
  }

  @Override
  public Set<String> supportedFileAttributeViews() {
    return Set.of("basic");
  }

  @Override
  public PathMatcher getPathMatcher(String syntaxAndPattern) {
    throw new UnsupportedOperationException();
  }

  @Override
  public UserPrincipalLookupService getUserPrincipalLookupService() {
    throw new UnsupportedOperationException();
  }

  @Override
  public WatchService newWatchService() {
    throw new UnsupportedOperationException();
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

  @Override
  public void close() {}
}
