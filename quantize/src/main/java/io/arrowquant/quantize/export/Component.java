package io.arrowquant.quantize.export;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * The layers of a part of a model that is loaded by itself: all of a plain checkpoint, a folder's
 * of a diffusers one.
 *
 * @param folder relative to the model; empty for all
 * @param baseName of its SafeTensors files
 * @param layers in the order of their names
 */
record Component(String folder, String baseName, List<LayerExport> layers) {

  private static final String DIFFUSERS = "diffusion_pytorch_model";

  static List<Component> of(List<LayerExport> layers) {
    Map<String, List<LayerExport>> byFolder = new TreeMap<>();
    for (LayerExport layer : layers) {
      byFolder.computeIfAbsent(layer.record().component(), f -> new ArrayList<>()).add(layer);
    }
    return byFolder.entrySet().stream()
        .map(e -> new Component(e.getKey(), baseName(e.getValue()), List.copyOf(e.getValue())))
        .toList();
  }

  private static String baseName(List<LayerExport> layers) {
    String file = layers.get(0).record().sourceFile().replace('\\', '/');
    return file.substring(file.lastIndexOf('/') + 1).startsWith(DIFFUSERS) ? DIFFUSERS : "model";
  }
}
