package io.arrowquant.spark.hadoop;

import io.arrowquant.core.path.ForeignAttributes;
import io.arrowquant.core.path.ForeignProvider;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.SeekableByteChannel;
import java.nio.file.CopyOption;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.FileTime;
import java.util.Arrays;
import java.util.Collection;
import java.util.Set;
import org.apache.hadoop.fs.FileStatus;

/** Looks at, reads, writes, moves and deletes files through Hadoop. */
final class HadoopFileSystemProvider extends ForeignProvider<HadoopPath> {

  HadoopFileSystemProvider() {
    super(HadoopPath.class);
  }

  @Override
  public String getScheme() {
    return "hadoop";
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
    HadoopPath file = own(path);
    if (Set.of(StandardOpenOption.READ).containsAll(options)) {
      FileStatus status = status(file);
      return new HadoopReadChannel(
          file.files().open(file.hadoop()), status.getLen(), path.toString());
    }
    if (options.contains(StandardOpenOption.READ)
        || options.contains(StandardOpenOption.APPEND)
        || !options.contains(StandardOpenOption.CREATE_NEW)) {
      throw new UnsupportedOperationException("a file is read, or written anew: " + options);
    }
    try {
      return new HadoopWriteChannel(
          file.files().createFile(file.hadoop()).overwrite(false).build());
    } catch (org.apache.hadoop.fs.FileAlreadyExistsException e) {
      throw new FileAlreadyExistsException(path.toString());
    } catch (FileNotFoundException e) {
      throw new NoSuchFileException(path.toString());
    }
  }

  @Override
  protected Collection<String> namesIn(HadoopPath folder) throws IOException {
    try {
      FileStatus[] entries = folder.files().listStatus(folder.hadoop());
      if (entries.length == 1 && entries[0].isFile() && isAt(entries[0], folder)) {
        throw new NotDirectoryException(folder.toString());
      }
      return Arrays.stream(entries).map(entry -> entry.getPath().getName()).toList();
    } catch (FileNotFoundException e) {
      throw new NoSuchFileException(folder.toString());
    }
  }

  /** Hadoop lists a file as if it were in a folder of its name. */
  private static boolean isAt(FileStatus status, HadoopPath path) {
    return status.getPath().toUri().getPath().equals(path.hadoop().toUri().getPath());
  }

  @Override
  protected ForeignAttributes attributes(HadoopPath path) throws IOException {
    FileStatus status = status(path);
    return new ForeignAttributes(
        status.isDirectory(), status.getLen(), FileTime.fromMillis(status.getModificationTime()));
  }

  private static FileStatus status(HadoopPath path) throws IOException {
    try {
      return path.files().getFileStatus(path.hadoop());
    } catch (FileNotFoundException e) {
      throw new NoSuchFileException(path.toString());
    }
  }

  @Override
  public void createDirectory(Path folder, FileAttribute<?>... attributes) throws IOException {
    HadoopPath at = own(folder);
    if (Files.exists(folder)) {
      throw new FileAlreadyExistsException(folder.toString());
    }
    if (!at.files().mkdirs(at.hadoop())) {
      throw new IOException("cannot make the folder " + folder);
    }
  }

  @Override
  public void delete(Path path) throws IOException {
    HadoopPath at = own(path);
    if (status(at).isDirectory() && at.files().listStatus(at.hadoop()).length > 0) {
      throw new DirectoryNotEmptyException(path.toString());
    }
    if (!at.files().delete(at.hadoop(), false)) {
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
    HadoopPath source = own(from);
    HadoopPath target = own(to);
    status(source);
    if (Files.exists(to)) {
      throw new FileAlreadyExistsException(to.toString());
    }
    if (!source.files().rename(source.hadoop(), target.hadoop())) {
      throw new IOException("cannot rename " + from + " to " + to);
    }
  }

  @Override
  public void setAttribute(Path path, String attribute, Object value, LinkOption... options) {
    throw new UnsupportedOperationException();
  }
}
