package io.arrowquant.core.safetensors;

import java.io.IOException;

/** JSON that breaks the grammar or the shape asked for; says which and where, not in which file. */
final class MalformedJsonException extends IOException {

  private static final long serialVersionUID = 1L;

  MalformedJsonException(String message) {
    super(message);
  }
}
