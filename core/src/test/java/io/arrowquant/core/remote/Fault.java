package io.arrowquant.core.remote;

/** What a {@link LoopbackHub} can do wrong. */
public enum Fault {
  /** Status 429 with Retry-After. */
  TOO_MANY(true),
  SERVER_ERROR(true),
  BAD_GATEWAY(true),
  UNAVAILABLE(true),
  GATEWAY_TIMEOUT(true),
  /** The connection closes without an answer. */
  RESET(true),
  /** The connection closes in the middle of the body. */
  SHORT_BODY(true),
  /** A whole answer that holds less than was asked for, and says so. */
  FEWER_BYTES(true),
  /** Nothing comes for longer than a reader should wait. */
  STALL(true),
  /** The body stops coming in its middle. */
  STALLED_BODY(true),
  /** What a redirect led to is refused from now on; the original address leads elsewhere. */
  EXPIRED(true),
  CHANGED_ETAG(false),
  CHANGED_SIZE(false),
  /** Other bytes than were asked for, and Content-Range says so. */
  OTHER_RANGE(false),
  NO_CONTENT_RANGE(false),
  UNKNOWN_TOTAL(false),
  /** All of the file, with status 200. */
  NO_RANGES(false),
  COMPRESSED(false),
  UNAUTHORIZED(false),
  FORBIDDEN(false),
  TEAPOT(false),
  REDIRECT_LOOP(false),
  REDIRECT_NOWHERE(false);

  private final boolean passes;

  Fault(boolean passes) {
    this.passes = passes;
  }

  /** Whether a reader should get over it. */
  public boolean passes() {
    return passes;
  }
}
