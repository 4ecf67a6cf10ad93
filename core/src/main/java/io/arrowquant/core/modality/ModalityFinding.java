package io.arrowquant.core.modality;

/**
 * What was found out about a model's modality.
 *
 * @param modality the answer, {@link Modality#UNKNOWN} where no rule fired
 * @param rule the rule that fired, in words
 * @param evidence what it fired on: a setting, a metadata value, a tensor's name
 */
public record ModalityFinding(Modality modality, String rule, String evidence) {}
