package io.arrowquant.core.remote;

import io.arrowquant.core.remote.FileStart.Growing;
import io.arrowquant.core.remote.RemoteClient.Answer;
import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.util.Optional;

/** A small file, read from its beginning to its end: servers make these without ranges. */
final class WholeRequest {

  private final RemoteFile file;
  private final int most;

  /**
   * @param most bytes; a longer file is an error
   */
  WholeRequest(RemoteFile file, int most) {
    this.file = file;
    this.most = most;
  }

  Growing run() throws NoSuchFileException {
    Retries retries = file.retries();
    while (true) {
      Growing[] taken = new Growing[1];
      Answer answer;
      try {
        answer =
            file.ask(
                Optional.empty(),
                (info, redirect) -> {
                  if (info.statusCode() != 200) {
                    return null;
                  }
                  taken[0] = new Growing(most);
                  return new BodyReader(Long.MAX_VALUE, taken[0], file.traffic());
                });
      } catch (IOException e) {
        file.forgetWay();
        retries.afterBreak(e);
        continue;
      }
      if (taken[0] == null) {
        file.bear(answer, retries);
      } else if (answer.failure() != null) {
        file.forgetWay();
        retries.afterBreak(answer.failure());
      } else {
        file.pin(FileVersion.of(taken[0].size(), answer.headers(), answer.redirect()));
        return taken[0];
      }
    }
  }
}
