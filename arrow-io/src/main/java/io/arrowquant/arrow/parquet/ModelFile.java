package io.arrowquant.arrow.parquet;

/**
 * A file of a model folder as the manifest lists it.
 *
 * @param path relative to the folder, with forward slashes
 * @param size in bytes
 * @param rows of a Parquet file; 0 for others
 * @param crc32c CRC-32C of all its bytes, unsigned
 */
public record ModelFile(String path, long size, long rows, long crc32c) {

  /** What there is to know of each layer. */
  public static final String LAYERS = "layers.parquet";

  /** The folder of the files that are carried along from the checkpoint. */
  public static final String SOURCE = "source";
}
