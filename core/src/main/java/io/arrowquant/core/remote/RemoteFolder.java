package io.arrowquant.core.remote;

import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;

/** Which files there are on a server. Asks it when first needed, and no more than once. */
sealed interface RemoteFolder permits HubFolder, WebFolder {

  /** What messages call the folder, without a slash at the end. */
  String display();

  /**
   * Files that are known, by their names relative to the folder.
   *
   * @throws IOException if there is no such folder
   */
  SortedMap<String, RemoteFile> files() throws IOException;

  /** Sizes that the server claims in its listing, in bytes; for what nothing depends on. */
  Map<String, Long> claimedSizes();

  /**
   * The file of a name, empty where it is known that there is none. That there is a file does not
   * mean that the server has it.
   */
  Optional<RemoteFile> file(String name) throws IOException;

  /** Files that opening a path below the folder will ask for, as far as that can be told. */
  List<RemoteFile> likely(String path) throws IOException;

  /** The commit that all files are of, where there is such a thing. */
  Optional<String> commit() throws IOException;

  /** The Hub's name of the folder. */
  Optional<HubName> hubName();
}
