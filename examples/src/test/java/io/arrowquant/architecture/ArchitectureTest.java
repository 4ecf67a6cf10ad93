package io.arrowquant.architecture;

import static com.tngtech.archunit.core.domain.JavaClass.Predicates.assignableTo;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.Architectures.layeredArchitecture;
import static com.tngtech.archunit.library.GeneralCodingRules.ACCESS_STANDARD_STREAMS;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaCodeUnit;
import com.tngtech.archunit.core.domain.JavaField;
import com.tngtech.archunit.core.domain.JavaMember;
import com.tngtech.archunit.core.domain.JavaModifier;
import com.tngtech.archunit.core.domain.JavaType;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.lang.ArchRule;
import java.io.IOException;
import java.nio.file.Files;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** The rules that ARCHITECTURE.md states, held against the classes of all published modules. */
class ArchitectureTest {

  private static final String ROOT = "io.arrowquant";

  /** What a program that uses the library may name; ARCHITECTURE.md has them in bold. */
  private static final Set<String> PUBLIC_PACKAGES =
      Stream.of(
              "core core.safetensors core.checkpoint core.modality core.config core.remote core.path",
              "arrow.source arrow.tensor arrow.safetensors arrow.parquet arrow.parquet.reader",
              "quantize quantize.calibration quantize.plan quantize.diff quantize.verify",
              "quantize.restore quantize.entropy quantize.export quantize.target",
              "quantize.multiply quantize.diffusion quantize.measure cli.sql cli.report spark spark.function")
          .flatMap(line -> Stream.of(line.split(" ")))
          .map(name -> ROOT + "." + name)
          .collect(Collectors.toUnmodifiableSet());

  /** For those who carry out plans elsewhere, as our Spark module does: a room with a way in. */
  private static final String CLUSTER = ROOT + ".quantize.pipeline.Cluster";

  /** The same of packages whose other types are for us. */
  private static final Set<String> PUBLIC_TYPES =
      Set.of(
          CLUSTER, ROOT + ".quantize.pipeline.RunOptions", ROOT + ".quantize.fit.ColumnImportance");

  private static JavaClasses ours;

  @BeforeAll
  static void readClasses() {
    ours =
        new ClassFileImporter()
            .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
            .withImportOption(location -> !location.contains("-tests.jar"))
            .importPackages(ROOT);
  }

  @Test
  void allModulesAreSeen() {
    Set<String> modules =
        ours.stream()
            .map(type -> type.getPackageName().split("\\.")[2])
            .collect(Collectors.toSet());
    assertEquals(Set.of("core", "arrow", "quantize", "cli", "spark", "examples"), modules);
    assertTrue(ours.size() > 500, "classes read: " + ours.size());
  }

  /** The table of the overview: names that begin with a dot continue the row's first. */
  @Test
  void theOverviewHasThePublicPackagesInBold() throws IOException {
    Set<String> bold = new TreeSet<>();
    for (String line : Files.readAllLines(Sources.ROOT.resolve("ARCHITECTURE.md"))) {
      String[] cells = line.split("\\|");
      if (line.startsWith("| `") && cells.length > 2) {
        String base = cells[2].replaceFirst("[*` ]*([a-z]+).*", "$1");
        Pattern.compile("\\*\\*`([a-z.]+)`\\*\\*")
            .matcher(cells[2])
            .results()
            .map(found -> found.group(1))
            .map(name -> ROOT + "." + (name.startsWith(".") ? base + name : name))
            .forEach(bold::add);
      }
    }
    assertEquals(new TreeSet<>(PUBLIC_PACKAGES), bold);
  }

  @Test
  void modulesUseOnlyWhatLiesBelowThem() {
    layeredArchitecture()
        .consideringOnlyDependenciesInAnyPackage(ROOT + "..")
        .layer("core")
        .definedBy(ROOT + ".core..")
        .layer("arrow-io")
        .definedBy(ROOT + ".arrow..")
        .layer("quantize")
        .definedBy(ROOT + ".quantize..")
        .layer("cli")
        .definedBy(ROOT + ".cli..")
        .layer("spark")
        .definedBy(ROOT + ".spark..")
        .layer("examples")
        .definedBy(ROOT + ".examples..")
        .whereLayer("core")
        .mayNotAccessAnyLayer()
        .whereLayer("arrow-io")
        .mayOnlyAccessLayers("core")
        .whereLayer("quantize")
        .mayOnlyAccessLayers("core", "arrow-io")
        .whereLayer("cli")
        .mayOnlyAccessLayers("core", "arrow-io", "quantize")
        .whereLayer("spark")
        .mayOnlyAccessLayers("core", "arrow-io", "quantize")
        .whereLayer("examples")
        .mayNotBeAccessedByAnyLayer()
        .check(ours);
  }

  @Test
  void packagesFormNoCycles() {
    slices().matching(ROOT + ".(**)").should().beFreeOfCycles().check(ours);
  }

  @Test
  void coreKnowsNoArrowAndNoParquet() {
    noClasses()
        .that()
        .resideInAPackage(ROOT + ".core..")
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage("org.apache..", "org.duckdb..", "com.github.luben..")
        .check(ours);
  }

  /** Kernels are called for every group: they decide nothing and know no settings. */
  @Test
  void kernelsKnowNoPlanAndNoSettings() {
    noClasses()
        .that()
        .resideInAPackage(ROOT + ".quantize.kernel..")
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage(
            ROOT + ".core.config..",
            ROOT + ".core.checkpoint..",
            ROOT + ".quantize.plan..",
            ROOT + ".quantize.pipeline..",
            ROOT + ".quantize.fit..")
        .check(ours);
  }

  @Test
  void onlyTheCommandLineUsesItsLibraries() {
    noClasses()
        .that(DescribedPredicate.not(inCli().or(resideInAPackage(ROOT + ".examples.."))))
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage("picocli..", "org.jline..", "org.duckdb..")
        .check(ours);
  }

  /** A library leaves its caller's process and streams alone; a program's main is the exception. */
  @Test
  void nothingBelowTheCommandLinePrintsOrExits() {
    DescribedPredicate<JavaClass> programs =
        inCli()
            .or(resideInAPackage(ROOT + ".examples.."))
            .or(assignableTo(ROOT + ".spark.QuantizeJob"));
    ArchRule prints =
        noClasses()
            .that(DescribedPredicate.not(programs))
            .should(ACCESS_STANDARD_STREAMS)
            .orShould()
            .callMethod(Throwable.class, "printStackTrace");
    prints.check(ours);
    noClasses()
        .that(DescribedPredicate.not(programs))
        .should()
        .callMethod(System.class, "exit", int.class)
        .orShould()
        .callMethod(Runtime.class, "exit", int.class)
        .orShould()
        .callMethod(Runtime.class, "halt", int.class)
        .check(ours);
  }

  /** What a program names leads it to nothing that may change without notice. */
  @Test
  void publicTypesNameOnlyPublicTypes() {
    Set<String> leaks = new TreeSet<>();
    for (JavaClass type : ours) {
      if (isPublic(type) && !type.getName().equals(CLUSTER)) {
        for (JavaMember member : type.getMembers()) {
          if (member.getModifiers().contains(JavaModifier.PUBLIC)) {
            named(member)
                .filter(found -> found.getPackageName().startsWith(ROOT) && !isPublic(found))
                .forEach(found -> leaks.add(member.getFullName() + " names " + found.getName()));
          }
        }
      }
    }
    assertEquals(Set.of(), leaks);
  }

  private static boolean isPublic(JavaClass type) {
    return type.getModifiers().contains(JavaModifier.PUBLIC)
        && type.getEnclosingClass().map(ArchitectureTest::isPublic).orElse(true)
        && mayBePublic(type.getPackageName(), type.getName().replaceFirst("\\$.*", ""));
  }

  /**
   * @param type the full name of a type of its own file
   */
  static boolean mayBePublic(String packageName, String type) {
    return PUBLIC_PACKAGES.contains(packageName) || PUBLIC_TYPES.contains(type);
  }

  private static Stream<JavaClass> named(JavaMember member) {
    Stream<JavaType> types =
        member instanceof JavaCodeUnit unit
            ? Stream.concat(
                Stream.of(unit.getReturnType()),
                Stream.concat(unit.getParameterTypes().stream(), unit.getExceptionTypes().stream()))
            : Stream.of(((JavaField) member).getType());
    return types
        .flatMap(type -> type.getAllInvolvedRawTypes().stream())
        .map(JavaClass::getBaseComponentType);
  }

  private static DescribedPredicate<JavaClass> inCli() {
    return resideInAnyPackage(ROOT + ".cli..").as("the command line");
  }
}
