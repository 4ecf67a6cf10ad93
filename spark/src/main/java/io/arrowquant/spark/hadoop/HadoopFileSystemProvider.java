package io.arrowquant.spark.hadoop;

import java.io.FileNotFoundException;
import java.io.IOException;
import java.net.URI;
import java.nio.channels.FileChannel;
import java.nio.channels.SeekableByteChannel;
import java.nio.file.AccessMode;
import java.nio.file.CopyOption;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.DirectoryStream;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileStore;
import java.nio.file.FileSystem;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.FileAttributeView;
import java.nio.file.spi.FileSystemProvider;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.hadoop.fs.FileStatus;

/** Looks at, reads, writes, moves and deletes files through Hadoop. */
final class HadoopFileSystemProvider extends FileSystemProvider {

  @Override
  public String getScheme() {
    return "hadoop";
  }

  @Override
  public FileSystem newFileSystem(URI uri, Map<String, ?> env) {
    throw new UnsupportedOperationException();
  }

  @Override
  public FileSystem getFileSystem(URI uri) {
    throw new UnsupportedOperationException();
  }

  @Override
  public Path getPath(URI uri) {
    throw new UnsupportedOperationException();
  }

  @Override
  public SeekableByteChannel newByteChannel(
      Path path, Set<? extends OpenOption> options, FileAttribute<?>... attributes)
      throws IOException {
    return newFileChannel(path, options, attributes);
  }

  @Override
  public FileChannel newFileChannel(
      Path path, Set<? extends OpenOption> options, FileAttribute<?>... attributes)
      throws IOException {
    HadoopPath file = (HadoopPath) path;
    if (Set.of(StandardOpenOption.READ).containsAll(options)) {
      FileStatus status = status(file);
      return new HadoopReadChannel(
          file.files().files().open(file.hadoop()), status.getLen(), path.toString());
    }
    if (options.contains(StandardOpenOption.READ)
        || options.contains(StandardOpenOption.APPEND)
        || !options.contains(StandardOpenOption.CREATE_NEW)) {
      throw new UnsupportedOperationException("a file is read, or written anew: " + options);
    }
    try {
      return new HadoopWriteChannel(
          file.files().files().createFile(file.hadoop()).overwrite(false).build());
    } catch (org.apache.hadoop.fs.FileAlreadyExistsException e) {
      throw new FileAlreadyExistsException(path.toString());
    } catch (FileNotFoundException e) {
      throw new NoSuchFileException(path.toString());
    }
  }

  @Override
  public DirectoryStream<Path> newDirectoryStream(
      Path folder, DirectoryStream.Filter<? super Path> filter) throws IOException {
    HadoopPath own = (HadoopPath) folder;
    List<Path> entries = new ArrayList<>();
    for (FileStatus status : own.files().files().listStatus(own.hadoop())) {
      Path entry = own.resolve(HadoopPath.of(own.files(), status.getPath().getName()));
      if (filter.accept(entry)) {
        entries.add(entry);
      }
    }
    return new DirectoryStream<>() {
      @Override
      public Iterator<Path> iterator() {
        return entries.iterator();
      }

      @Override
      public void close() {}
    };
  }

  @Override
  public <A extends BasicFileAttributes> A readAttributes(
      Path path, Class<A> type, LinkOption... options) throws IOException {
    if (type != BasicFileAttributes.class) {
      throw new UnsupportedOperationException(type.getName());
    }
    return type.cast(new HadoopFileAttributes(status((HadoopPath) path)));
  }

  private static FileStatus status(HadoopPath path) throws IOException {
    try {
      return path.files().files().getFileStatus(path.hadoop());
    } catch (FileNotFoundException e) {
      throw new NoSuchFileException(path.toString());
    }
  }

  @Override
  public void checkAccess(Path path, AccessMode... modes) throws IOException {
    status((HadoopPath) path);
  }

  @Override
  public boolean isSameFile(Path path, Path other) {
    return path.toAbsolutePath().normalize().equals(other.toAbsolutePath().normalize());
  }

  @Override
  public boolean isHidden(Path path) {
    return path.getFileName() != null && path.getFileName().toString().startsWith(".");
  }

  @Override
  public FileStore getFileStore(Path path) {
    throw new UnsupportedOperationException();
  }

  @Override
  public <V extends FileAttributeView> V getFileAttributeView(
      Path path, Class<V> type, LinkOption... options) {
    return null;
  }

  @Override
  public Map<String, Object> readAttributes(Path path, String names, LinkOption... options) {
    throw new UnsupportedOperationException();
  }

  @Override
  public void createDirectory(Path folder, FileAttribute<?>... attributes) throws IOException {
    HadoopPath own = (HadoopPath) folder;
    if (Files.exists(folder)) {
      throw new FileAlreadyExistsException(folder.toString());
    }
    if (!own.files().files().mkdirs(own.hadoop())) {
      throw new IOException("cannot make the folder " + folder);
    }
  }

  @Override
  public void delete(Path path) throws IOException {
    HadoopPath own = (HadoopPath) path;
    if (status(own).isDirectory() && own.files().files().listStatus(own.hadoop()).length > 0) {
      throw new DirectoryNotEmptyException(path.toString());
    }
    if (!own.files().files().delete(own.hadoop(), false)) {
      throw new NoSuchFileException(path.toString());
    }
  }

  @Override
  public void copy(Path from, Path to, CopyOption... options) {
    throw new UnsupportedOperationException();
  }

  /** Atomic where the file system's own renaming is; replaces nothing. */
  @Override
  public void move(Path from, Path to, CopyOption... options) throws IOException {
    HadoopPath source = (HadoopPath) from;
    HadoopPath target = (HadoopPath) to;
    status(source);
    if (Files.exists(to)) {
      throw new FileAlreadyExistsException(to.toString());
    }
    if (!source.files().files().rename(source.hadoop(), target.hadoop())) {
      throw new IOException("cannot rename " + from + " to " + to);
    }
  }

  @Override
  public void setAttribute(Path path, String attribute, Object value, LinkOption... options) {
    throw new UnsupportedOperationException();
  }
}
