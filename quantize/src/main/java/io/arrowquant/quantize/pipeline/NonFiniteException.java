package io.arrowquant.quantize.pipeline;

/** A tensor that was to be quantized holds NaN or infinities. Caught by the orchestrator. */
final class NonFiniteException extends RuntimeException {

  NonFiniteException(String name) {
    super(name + " holds NaN or infinities", null, false, false);
  }
}
