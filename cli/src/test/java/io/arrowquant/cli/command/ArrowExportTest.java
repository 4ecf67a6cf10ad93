package io.arrowquant.cli.command;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.arrowquant.arrow.tensor.ArrowIpc;
import io.arrowquant.cli.Ran;
import io.arrowquant.cli.report.ReportPages;
import io.arrowquant.quantize.QuantizedModel;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.util.ArrayList;
import java.util.List;
import org.apache.arrow.c.ArrowArrayStream;
import org.apache.arrow.c.Data;
import org.apache.arrow.dataset.file.FileFormat;
import org.apache.arrow.dataset.file.FileSystemDatasetFactory;
import org.apache.arrow.dataset.jni.NativeMemoryPool;
import org.apache.arrow.dataset.scanner.ScanOptions;
import org.apache.arrow.dataset.scanner.Scanner;
import org.apache.arrow.dataset.source.Dataset;
import org.apache.arrow.memory.RootAllocator;
import org.apache.arrow.vector.Float4Vector;
import org.apache.arrow.vector.complex.ListVector;
import org.apache.arrow.vector.ipc.ArrowReader;
import org.apache.arrow.vector.ipc.ArrowStreamReader;
import org.duckdb.DuckDBConnection;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ArrowExportTest {

  @TempDir Path folder;

  @Test
  void arrowCppReadsTheFloatsThatTheLibraryDecodes() throws Exception {
    Path model = ReportPages.quantized(folder, ReportPages.checkpoint(folder));
    Path file = folder.resolve("out.arrow");
    Ran ran = Ran.command("export", model, "--format", "arrow", "-o", file, "--tensor", "a.w*");
    assertEquals(0, ran.code(), ran.err());
    List<Float> weights = new ArrayList<>();
    try (RootAllocator allocator = new RootAllocator()) {
      try (FileSystemDatasetFactory factory =
              new FileSystemDatasetFactory(
                  allocator,
                  NativeMemoryPool.getDefault(),
                  FileFormat.ARROW_IPC,
                  file.toUri().toString());
          Dataset dataset = factory.finish();
          Scanner scanner = dataset.newScan(new ScanOptions(1024));
          ArrowReader reader = scanner.scanBatches()) {
        while (reader.loadNextBatch()) {
          ListVector lists = (ListVector) reader.getVectorSchemaRoot().getVector("weights");
          for (int row = 0; row < lists.getValueCount(); row++) {
            for (Object weight : lists.getObject(row)) {
              weights.add((Float) weight);
            }
          }
        }
      }
      List<Float> expected = new ArrayList<>();
      try (QuantizedModel opened = QuantizedModel.open(model);
          Float4Vector vector = opened.dequantize("a.weight", allocator)) {
        for (int i = 0; i < vector.getValueCount(); i++) {
          expected.add(vector.get(i));
        }
      }
      assertEquals(expected, weights);
      assertEquals(0, allocator.getAllocatedMemory());
    }
  }

  @Test
  void duckDbReadsTheStreamOfACheckpointAndOfAQuery() throws Exception {
    Path source = ReportPages.checkpoint(folder);
    Path file = folder.resolve("out.arrows");
    assertEquals(0, Ran.command("export", source, "--format", "arrow-stream", "-o", file).code());
    assertEquals("3 129 16448", counted(file, "layer_name, weights"));
    Ran query =
        Ran.command(
            "export",
            source,
            "--format",
            "ARROW-STREAM",
            "-o",
            file,
            "--overwrite",
            "--sql",
            "SELECT layer_name, weights FROM weights WHERE layer_name = 'a.weight'");
    assertEquals(0, query.code(), query.err());
    assertEquals("1 64 8192", counted(file, "layer_name, weights"));
  }

  @Test
  void progressCountsTheWeightsThatAreWritten() {
    Path source = ReportPages.checkpoint(folder);
    Path model = ReportPages.quantized(folder, source);
    for (Path exported : List.of(source, model)) {
      List<Long> heard = new ArrayList<>();
      Path file = folder.resolve(exported.getFileName() + ".arrow");
      new ArrowExport(exported, file, ArrowIpc.FILE, List.of("a.weight"), null)
          .write(
              false,
              (current, total, what) -> {
                assertEquals(4 * 8192, total);
                heard.add(current);
              });
      assertEquals(heard.stream().sorted().toList(), heard);
      assertEquals(4 * 8192, heard.get(heard.size() - 1));
    }
  }

  @Test
  void whatCannotBeLeavesNoFile() {
    Path source = ReportPages.checkpoint(folder);
    Path file = folder.resolve("out.arrow");
    String[] command = {"export", source.toString(), "--format", "arrow", "-o", file.toString()};
    assertEquals(ExitCode.CONFIG.number(), with(command, "--tensor", "no*").code());
    assertEquals(ExitCode.QUERY.number(), with(command, "--sql", "selec").code());
    assertEquals(ExitCode.QUERY.number(), with(command, "--sql", "create table t(i int)").code());
    assertEquals(2, with(command, "--sql", "select 1", "--tensor", "a*").code());
    assertFalse(Files.exists(file));
    String[] left = folder.toFile().list();
    assertTrue(left != null && left.length == 1, String.join(" ", left));
  }

  private static Ran with(String[] command, String... more) {
    List<Object> words = new ArrayList<>(List.of((Object[]) command));
    words.addAll(List.of(more));
    return Ran.command(words.toArray());
  }

  private static String counted(Path file, String columns) throws Exception {
    try (RootAllocator allocator = new RootAllocator();
        InputStream in = Files.newInputStream(file);
        ArrowStreamReader reader = new ArrowStreamReader(in, allocator);
        ArrowArrayStream stream = ArrowArrayStream.allocateNew(allocator);
        DuckDBConnection duckdb =
            DriverManager.getConnection("jdbc:duckdb:").unwrap(DuckDBConnection.class)) {
      Data.exportArrayStream(allocator, reader, stream);
      duckdb.registerArrowStream("t", stream);
      try (var statement = duckdb.createStatement();
          ResultSet rows =
              statement.executeQuery(
                  "select count(distinct layer_name) || ' ' || count(*) || ' ' ||"
                      + " sum(len(weights)) from (select "
                      + columns
                      + " from t)")) {
        rows.next();
        return rows.getString(1);
      }
    }
  }
}
