package io.arrowquant.arrow.source;

import io.arrowquant.core.ArrowQuantException;
import io.arrowquant.core.remote.RemotePath;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import org.apache.arrow.memory.BufferAllocator;

/** How the bytes of a file come into memory. */
public enum IoMode {
  /** Mapped in place: {@link MappedByteSource}. */
  MMAP,
  /** Read into buffers: {@link PooledByteSource}. */
  READ,
  /** Mapped, but read on network and FUSE file systems. */
  AUTO;

  private static final Set<String> REMOTE =
      Set.of(
          "9p",
          "afs",
          "afpfs",
          "beegfs",
          "ceph",
          "cifs",
          "davfs",
          "drvfs",
          "glusterfs",
          "gpfs",
          "lustre",
          "macfuse",
          "ncpfs",
          "nfs",
          "nfs4",
          "osxfuse",
          "smb2",
          "smb3",
          "smbfs",
          "webdav");

  /**
   * Opens a file; one on a server is read whatever the mode: {@link RemoteByteSource}.
   *
   * @param mappings counts mapped bytes, where the file is mapped
   * @param memory gives the buffers, where the file is read
   */
  public ByteSource open(Path file, BufferAllocator mappings, BufferAllocator memory) {
    if (file instanceof RemotePath remote) {
      Optional<Path> copy = copy(remote);
      return copy.isPresent()
          ? open(copy.get(), mappings, memory)
          : new RemoteByteSource(remote, memory);
    }
    return resolve(file) == MMAP
        ? new MappedByteSource(file, mappings)
        : new PooledByteSource(file, memory);
  }

  /** {@link #MMAP} or {@link #READ}: what this mode means for a file. */
  public IoMode resolve(Path file) {
    if (file instanceof RemotePath) {
      return READ;
    }
    if (this != AUTO) {
      return this;
    }
    try {
      return isRemote(Files.getFileStore(file).type()) ? READ : MMAP;
    } catch (IOException e) {
      throw ArrowQuantException.whileReading(file, e);
    }
  }

  private static Optional<Path> copy(RemotePath file) {
    try {
      return file.file().local();
    } catch (IOException e) {
      throw ArrowQuantException.whileReading(file, e);
    }
  }

  static boolean isRemote(String fileSystem) {
    String type = fileSystem.toLowerCase(Locale.ROOT);
    return REMOTE.contains(type) || type.startsWith("fuse");
  }
}
