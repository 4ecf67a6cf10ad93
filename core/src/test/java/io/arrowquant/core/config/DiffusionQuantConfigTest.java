package io.arrowquant.core.config;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.arrowquant.core.InvalidConfigException;
import io.arrowquant.core.modality.Modality;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class DiffusionQuantConfigTest {

  @Test
  void whatIsBuiltIn() {
    DiffusionQuantConfig config = DiffusionQuantConfig.defaults();
    assertEquals(4, config.bitWidth());
    assertEquals(128, config.groupSize());
    assertEquals(Method.FAST, config.method());
    assertEquals(Optional.empty(), config.modality());
    assertEquals(OptionalInt.empty(), config.threads());
    assertTrue(config.skipSensitiveLayers());
    assertEquals(List.of(), config.keep());
    assertEquals(Origin.BUILT_IN, config.origin("bit_width"));
    assertEquals(Origin.BUILT_IN, config.origin("modality"));
  }

  @ParameterizedTest
  @CsvSource({
    "edge,2,256,5,false,0.65,32",
    "local,4,128,10,true,0.85,128",
    "cloud,8,64,20,true,0.95,512",
  })
  void profiles(
      String name,
      int bits,
      int group,
      int timeGroups,
      boolean spatial,
      double accuracy,
      int samples) {
    DiffusionQuantConfig config = DiffusionQuantConfig.fromProfile(name);
    assertEquals(bits, config.bitWidth());
    assertEquals(group, config.groupSize());
    assertEquals(timeGroups, config.numTimeGroups());
    assertTrue(config.enableTimeAware());
    assertEquals(spatial, config.enableSpatial());
    assertEquals(accuracy, config.minAccuracy());
    assertEquals(samples, config.calibrationSamples());
    assertEquals(Origin.PROFILE, config.origin("group_size"));
    assertEquals(Origin.EXPLICIT, config.origin("profile"));
  }

  @Test
  void anExplicitValueBeatsTheProfileInWhicheverOrder() {
    DiffusionQuantConfig config =
        DiffusionQuantConfig.builder().bitWidth(3).profile(Profile.EDGE).build();
    assertEquals(3, config.bitWidth());
    assertEquals(256, config.groupSize());
    assertEquals(Origin.EXPLICIT, config.origin("bit_width"));
  }

  @ParameterizedTest
  @CsvSource({"2,0.70", "3,0.80", "4,0.90", "5,0.92", "6,0.94", "8,0.95"})
  void theAccuracyToReachDependsOnTheWidth(int bits, double accuracy) {
    assertEquals(accuracy, DiffusionQuantConfig.builder().bitWidth(bits).build().minAccuracy());
  }

  static Stream<Consumer<ConfigBuilder>> outOfRange() {
    return Stream.of(
        b -> b.bitWidth(1),
        b -> b.bitWidth(7),
        b -> b.bitWidth(16),
        b -> b.groupSize(15),
        b -> b.groupSize(1025),
        b -> b.numTimeGroups(0),
        b -> b.minAccuracy(-0.001),
        b -> b.minAccuracy(1.001),
        b -> b.minAccuracy(Double.NaN),
        b -> b.calibrationSamples(0),
        b -> b.threads(0),
        b -> b.threads(1025),
        b -> b.maxMemoryLimitMb(63),
        b -> b.modality(Modality.UNKNOWN),
        b -> b.keep(""),
        b -> b.layerBitWidth("*", 7),
        b -> b.layerBitWidth(" ", 4),
        b -> b.sensitiveLayerPatterns("("));
  }

  @ParameterizedTest
  @MethodSource
  void outOfRange(Consumer<ConfigBuilder> call) {
    ConfigBuilder builder = DiffusionQuantConfig.builder();
    assertThrows(InvalidConfigException.class, () -> call.accept(builder));
  }

  @Test
  void messagesSayWhatWasGivenAndWhatIsAllowed() {
    ConfigBuilder builder = DiffusionQuantConfig.builder();
    assertEquals(
        "bit_width is \"7\", but must be one of 2, 3, 4, 5, 6, 8, or none to keep every tensor.",
        assertThrows(InvalidConfigException.class, () -> builder.bitWidth(7)).getMessage());
    assertEquals(
        "group_size is \"8\", but must be an integer from 16 to 1024.",
        assertThrows(InvalidConfigException.class, () -> builder.groupSize(8)).getMessage());
    assertEquals(
        "profile is \"desk\", but must be one of edge, local, cloud.",
        assertThrows(InvalidConfigException.class, () -> builder.profile("desk")).getMessage());
  }

  @ParameterizedTest
  @ValueSource(ints = {16, 17, 100, 1023, 1024})
  void anyGroupSizeInRange(int size) {
    assertEquals(size, DiffusionQuantConfig.builder().groupSize(size).build().groupSize());
  }

  @Test
  void listsAddUp() {
    DiffusionQuantConfig config =
        DiffusionQuantConfig.builder()
            .keep("*.bias", "a?")
            .keep("b")
            .layerBitWidth("x.*", 8)
            .layerBitWidth("*", 16)
            .build();
    assertEquals(
        List.of("*.bias", "a?", "b"), config.keep().stream().map(NameGlob::pattern).toList());
    assertEquals(Map.of(new NameGlob("x.*"), 8, new NameGlob("*"), 16), config.layerBitWidths());
    assertEquals(
        List.of("x.*", "*"),
        config.layerBitWidths().keySet().stream().map(NameGlob::pattern).toList());
  }

  @Test
  void whatIsWrittenDoesNotDependOnThreadsAndMemory() {
    Map<String, Object> decisive =
        DiffusionQuantConfig.builder().threads(3).maxMemoryLimitMb(100).build().decisiveValues();
    assertEquals(DiffusionQuantConfig.defaults().decisiveValues(), decisive);
    assertFalse(decisive.containsKey("threads"));
    assertEquals("fast", decisive.get("method"));
    assertEquals(
        3, DiffusionQuantConfig.builder().threads(3).build().effectiveValues().get("threads"));
  }

  @Test
  void noWidthKeepsAll() {
    DiffusionQuantConfig config = DiffusionQuantConfig.builder().bitWidth("None").build();
    assertTrue(config.keepsAll());
    assertEquals(16, config.bitWidth());
    assertEquals("none", config.effectiveValues().get("bit_width"));
    assertEquals(
        config.effectiveValues(),
        DiffusionQuantConfig.builder().keepAll().build().effectiveValues());
    assertFalse(DiffusionQuantConfig.builder().bitWidth("3").build().keepsAll());
  }

  @Test
  void lessIsAskedOfFewerBitsUnlessTheUserSaysHowMuch() {
    DiffusionQuantConfig config = DiffusionQuantConfig.defaults();
    assertEquals(0.70, config.minAccuracy(2));
    assertEquals(0.90, config.minAccuracy(4));
    assertEquals(0.90, config.minAccuracy(8));
    assertEquals(0.85, DiffusionQuantConfig.fromProfile("local").minAccuracy(2));
    assertEquals(0.99, DiffusionQuantConfig.builder().minAccuracy(0.99).build().minAccuracy(2));
  }

  @Test
  void noSuchSetting() {
    DiffusionQuantConfig config = DiffusionQuantConfig.defaults();
    assertThrows(InvalidConfigException.class, () -> config.origin("bits"));
  }
}
