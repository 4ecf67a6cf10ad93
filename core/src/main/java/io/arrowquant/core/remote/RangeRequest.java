package io.arrowquant.core.remote;

import io.arrowquant.core.QuotedName;
import io.arrowquant.core.RemoteException;
import io.arrowquant.core.remote.RemoteClient.Answer;
import java.io.IOException;
import java.net.http.HttpHeaders;
import java.net.http.HttpResponse.ResponseInfo;
import java.nio.file.NoSuchFileException;
import java.util.Optional;

/**
 * One range of a file. What has come when a connection breaks is kept, and the rest asked for; what
 * an answer says about itself is checked before any of its bytes are taken.
 */
final class RangeRequest {

  private final RemoteFile file;
  private final long position;
  private final RangeSink sink;
  private long length;
  private long done;
  private RemoteException refusal;

  /**
   * @param length bytes wanted; where the file ends before, what there is
   */
  RangeRequest(RemoteFile file, long position, long length, RangeSink sink) {
    this.file = file;
    this.position = position;
    this.length = length;
    this.sink = sink;
  }

  /**
   * @return bytes handed to the sink
   * @throws NoSuchFileException if there is no such file
   * @throws RemoteException if the server does not give it
   */
  long run() throws NoSuchFileException {
    Retries retries = file.retries();
    while (done < length) {
      Answer answer;
      try {
        answer = file.ask(Optional.of(range()), this::body);
      } catch (IOException e) {
        file.forgetWay();
        retries.afterBreak(e);
        continue;
      }
      if (refusal != null) {
        throw refusal;
      }
      done += answer.bytes();
      retries.progress(answer.bytes());
      if (done >= length) {
        break;
      }
      if (answer.status() == 206) {
        file.forgetWay();
        retries.afterBreak(
            answer.failure() != null
                ? answer.failure()
                : new IOException("the answer ended early"));
      } else if (isEmptyFile(answer)) {
        file.pin(FileVersion.of(0, answer.headers(), answer.redirect()));
        length = 0;
      } else {
        file.bear(answer, retries);
      }
    }
    return done;
  }

  private String range() {
    return "bytes=" + (position + done) + "-" + (position + length - 1);
  }

  /** No range of an empty file can be satisfied. */
  private boolean isEmptyFile(Answer answer) {
    return answer.status() == 416
        && position == 0
        && answer
            .headers()
            .firstValue("Content-Range")
            .flatMap(ContentRange::total)
            .filter(total -> total == 0)
            .isPresent();
  }

  private BodyReader body(ResponseInfo info, Optional<HttpHeaders> redirect) {
    if (info.statusCode() != 206) {
      return null;
    }
    try {
      ContentRange range = check(info.headers());
      file.pin(FileVersion.of(range.total(), info.headers(), redirect));
      length = Math.min(length, range.total() - position);
      long start = done;
      return new BodyReader(
          Math.min(range.last() - range.first() + 1, length - start),
          (offset, bytes) -> sink.accept(start + offset, bytes),
          file.traffic());
    } catch (RemoteException e) {
      refusal = e;
      return null;
    }
  }

  private ContentRange check(HttpHeaders headers) {
    String given = headers.firstValue("Content-Range").orElse("");
    ContentRange range =
        ContentRange.parse(given)
            .orElseThrow(
                () ->
                    new RemoteException(
                        "The server of "
                            + QuotedName.of(file.display())
                            + " answered a range without saying in Content-Range which of how many"
                            + " bytes it is; "
                            + RemoteFile.WAY_OUT));
    if (range.first() != position + done || range.last() > position + length - 1) {
      throw new RemoteException(
          "The server of "
              + QuotedName.of(file.display())
              + " gave bytes "
              + range.first()
              + " to "
              + range.last()
              + ", but "
              + (position + done)
              + " to "
              + (position + length - 1)
              + " were asked for.");
    }
    String encoding = headers.firstValue("Content-Encoding").orElse("identity");
    if (!encoding.equalsIgnoreCase("identity")) {
      throw new RemoteException(
          "The server of "
              + QuotedName.of(file.display())
              + " compressed a range, of which parts cannot be told; "
              + RemoteFile.WAY_OUT);
    }
    return range;
  }
}
