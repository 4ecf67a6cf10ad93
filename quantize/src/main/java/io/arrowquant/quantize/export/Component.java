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
      byFolder.computeIfAbsent(folderOf(layer), f -> new ArrayList<>()).add(layer);
    }
    return byFolder.entrySet().stream()
        .map(e -> new Component(e.getKey(), baseName(e.getValue()), List.copyOf(e.getValue())))
        .toList();
  }

  /** The layer's name in the component's files. */
  String nameOf(LayerExport layer) {
    String name = layer.record().name();
    return folder.isEmpty() ? name : name.substring(folder.length() + 1);
  }

  /** A component's tensors are called by its folder, where its files lie. */
  private static String folderOf(LayerExport layer) {
    String file = layer.record().sourceFile().replace('\\', '/');
    String folder = file.substring(0, Math.max(0, file.indexOf('/')));
    boolean named = !folder.equals("..") && layer.record().name().startsWith(folder + "/");
    return named ? folder : "";
  }

  private static String baseName(List<LayerExport> layers) {
    String file = layers.get(0).record().sourceFile().replace('\\', '/');
    return file.substring(file.lastIndexOf('/') + 1).startsWith(DIFFUSERS) ? DIFFUSERS : "model";
  }
}
