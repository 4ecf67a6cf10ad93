package io.arrowquant.quantize.measure;

/**
 * How well a tensor survived quantization, and what it was before. Errors are against the float32
 * values that every reader computes.
 *
 * <p>A tensor reconstructed without error (all zeros, or empty, or kept) has cosine 1 and SQNR
 * +infinity. A tensor that is not zero but comes back as zero has cosine 0.
 *
 * @param cosineSimilarity of weights and reconstruction
 * @param sqnrDb 10 log10(sum w^2 / sum e^2)
 * @param worstGroupSqnrDb the least SQNR of a scale group; +infinity if none has an error
 * @param rmse root of the mean squared error
 * @param maxAbsError largest |w - w'|
 * @param sourceMin least finite source value; 0 if there is none
 * @param sourceMax greatest finite source value; 0 if there is none
 * @param sourceMean mean of the finite source values
 * @param sourceStd their population standard deviation
 * @param nanCount NaNs in the source
 * @param infCount infinities in the source
 */
public record Quality(
    double cosineSimilarity,
    double sqnrDb,
    double worstGroupSqnrDb,
    double rmse,
    double maxAbsError,
    double sourceMin,
    double sourceMax,
    double sourceMean,
    double sourceStd,
    long nanCount,
    long infCount) {}
