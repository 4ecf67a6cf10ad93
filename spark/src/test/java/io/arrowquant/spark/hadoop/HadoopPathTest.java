package io.arrowquant.spark.hadoop;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.arrowquant.core.path.ForeignPathContract;
import io.arrowquant.spark.source.Elsewhere;
import java.io.IOException;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledForJreRange;
import org.junit.jupiter.api.condition.JRE;

@EnabledForJreRange(
    max = JRE.JAVA_23,
    disabledReason = "Hadoop 3.4.2, which Spark 4.1 brings, does not run on newer ones")
class HadoopPathTest extends ForeignPathContract {

  private final Configuration hadoop = new Configuration();

  @BeforeEach
  void open() throws IOException {
    hadoop.set("fs.elsewhere.impl", Elsewhere.class.getName());
    write();
  }

  @Override
  protected Path folder() {
    return HadoopPaths.of("elsewhere:" + local, hadoop);
  }

  @Test
  void anAddressComesBackAsThePathThatItIsOf() {
    Path file = folder().resolve("a name with %20 and a blank");
    assertEquals(file, HadoopPaths.of(HadoopPaths.location(file), hadoop));
    assertFalse(HadoopPaths.isLocal(file));
    Path onDisk = HadoopPaths.of("file:" + local, hadoop);
    assertEquals(local, onDisk);
    assertTrue(HadoopPaths.isLocal(onDisk));
  }

  @Test
  void filesAreWrittenOnceMovedAndDeleted() throws IOException {
    Path file = folder().resolve("new");
    Files.writeString(file, "text", StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
    assertThrows(
        FileAlreadyExistsException.class,
        () ->
            Files.writeString(
                file, "other", StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE));
    Path moved = folder().resolve("folder").resolve("moved");
    Files.move(file, moved);
    assertEquals("text", Files.readString(moved));
    assertThrows(NoSuchFileException.class, () -> Files.move(file, moved));
    assertThrows(DirectoryNotEmptyException.class, () -> Files.delete(folder().resolve("folder")));
    Files.delete(moved);
    assertFalse(Files.exists(moved));
    assertThrows(
        FileAlreadyExistsException.class, () -> Files.createDirectory(folder().resolve("folder")));
  }
}
