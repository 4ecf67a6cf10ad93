package io.arrowquant.core.config;

import io.arrowquant.core.modality.Modality;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** A command line that has every {@link ConfigOption}, and what it means. */
public final class SaidOptions {

  private SaidOptions() {}

  /**
   * The words.
   *
   * @param folder for the files that they name
   */
  public static List<String> words(Path folder) {
    try {
      Path rules = Files.writeString(folder.resolve("rules"), "# more\nc=int8:g32\n");
      Path settings =
          Files.writeString(folder.resolve("settings.yaml"), "calibration_samples: 5\n");
      return List.of(
          "--bits=3",
          "-g",
          "64",
          "--method",
          "BEST",
          "--profile",
          "cloud",
          "--for",
          "mlx",
          "--modality",
          "audio",
          "--calibration",
          "none",
          "--no-time-aware",
          "--spatial",
          "--time-groups",
          "7",
          "--min-accuracy",
          "0.5",
          "--no-fallback",
          "--min-sqnr=12.5",
          // A rule holds commas, and those of the file come last wherever it is said.
          "--tensor-type-file",
          rules.toString(),
          "--tensor-type",
          "a{1,2}=int4:g64:best",
          "--tensor-type=b=keep",
          "--quantize",
          "x*",
          "--target-size",
          "1.5g",
          "--target-bpw",
          "4.5",
          "--sensitivity",
          "*.attn=x*=2.5",
          "--sensitivity=ff*=0.5",
          "--keep",
          "k1",
          "--keep",
          "k2",
          "--include",
          "i*",
          "--exclude",
          "e*",
          "--config",
          settings.toString(),
          "--max-memory",
          "256",
          "-t",
          "3");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The settings that the words mean. */
  public static DiffusionQuantConfig meaning() {
    return DiffusionQuantConfig.builder()
        .bitWidth(3)
        .groupSize(64)
        .method(Method.BEST)
        .profile(Profile.CLOUD)
        .target(Target.MLX)
        .modality(Modality.AUDIO)
        .calibration("none")
        .calibrationSamples(5)
        .enableTimeAware(false)
        .enableSpatial(true)
        .numTimeGroups(7)
        .minAccuracy(0.5)
        .failFast(true)
        .minSqnr(12.5)
        .tensorType("a{1,2}=int4:g64:best", "b=keep", "c=int8:g32")
        .quantize("x*")
        .targetModelSizeMb(1500)
        .targetBpw(4.5)
        .sensitivity("*.attn=x*", 2.5)
        .sensitivity("ff*", 0.5)
        .keep("k1", "k2")
        .include("i*")
        .exclude("e*")
        .maxMemoryLimitMb(256)
        .threads(3)
        .build();
  }
}
