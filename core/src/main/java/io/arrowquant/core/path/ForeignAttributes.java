package io.arrowquant.core.path;

import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileTime;

/**
 * What is known of a file or folder; there are no links.
 *
 * @param size in bytes, 0 of folders
 * @param lastModifiedTime the epoch where nobody says
 */
public record ForeignAttributes(boolean isDirectory, long size, FileTime lastModifiedTime)
    implements BasicFileAttributes {

  @Override
  public boolean isRegularFile() {
    return !isDirectory;
  }

  @Override
  public boolean isSymbolicLink() {
    return false;
  }

  @Override
  public boolean isOther() {
    return false;
  }

  @Override
  public FileTime lastAccessTime() {
    return lastModifiedTime;
  }

  @Override
  public FileTime creationTime() {
    return lastModifiedTime;
  }

  @Override
  public Object fileKey() {
    return null;
  }
}
