package io.arrowquant.quantize.diff;

/**
 * How far values lie from each other, in float64; those that are not finite in both are left out.
 *
 * @param maxAbsError the largest difference
 * @param rmse root of the mean squared difference
 * @param sqnrDb energy of the first over energy of the difference, in dB; infinite where all finite
 *     values are equal
 * @param cosineSimilarity of the two
 * @param differing values that are not equal; NaN equals NaN
 */
public record Distance(
    double maxAbsError, double rmse, double sqnrDb, double cosineSimilarity, long differing) {}
