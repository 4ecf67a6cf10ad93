package io.arrowquant.architecture;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.source.tree.ClassTree;
import com.sun.source.tree.CompilationUnitTree;
import com.sun.source.tree.MethodTree;
import com.sun.source.tree.ModifiersTree;
import com.sun.source.tree.Tree;
import com.sun.source.tree.VariableTree;
import com.sun.source.util.DocTrees;
import com.sun.source.util.JavacTask;
import com.sun.source.util.TreePath;
import com.sun.source.util.TreePathScanner;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import javax.lang.model.element.Modifier;
import javax.tools.JavaCompiler;
import javax.tools.StandardJavaFileManager;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.Test;

/**
 * What a program can name says in words what it is. The group "missing" of javadoc's own checks
 * asks for a tag per parameter and result besides, which a sentence can do without.
 */
class JavadocTest {

  @Test
  void publicTypesAndTheirMembersHaveWords() throws IOException {
    JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
    Asked asked;
    try (StandardJavaFileManager files = compiler.getStandardFileManager(null, null, null)) {
      JavacTask task =
          (JavacTask)
              compiler.getTask(
                  null,
                  files,
                  null,
                  List.of("-proc:none"),
                  null,
                  files.getJavaFileObjectsFromPaths(publicSources()));
      asked = new Asked(DocTrees.instance(task));
      for (CompilationUnitTree unit : task.parse()) {
        asked.scan(unit, null);
      }
    }
    assertTrue(asked.count > 600, "types and members asked: " + asked.count);
    assertEquals(Set.of(), asked.silent);
  }

  private static List<Path> publicSources() throws IOException {
    return Sources.of("main").stream()
        .filter(
            file -> {
              String name = file.toString().replaceAll("[/\\\\]", ".").replaceAll("\\.java$", "");
              String type = name.substring(name.indexOf("io.arrowquant."));
              return ArchitectureTest.mayBePublic(type.substring(0, type.lastIndexOf('.')), type);
            })
        .toList();
  }

  /** Walks what is public or protected of a source file. */
  private static final class Asked extends TreePathScanner<Void, Void> {

    private static final Set<String> MESSAGE_AND_CAUSE = Set.of("String", "Throwable");

    private final DocTrees docs;
    private final Set<String> silent = new TreeSet<>();
    private int count;

    Asked(DocTrees docs) {
      this.docs = docs;
    }

    @Override
    public Void visitClass(ClassTree type, Void nothing) {
      return isOpen(type.getModifiers()) && ask(type.getSimpleName())
          ? super.visitClass(type, null)
          : null;
    }

    @Override
    public Void visitMethod(MethodTree method, Void nothing) {
      boolean plain =
          isOverride(method)
              || isOfMessageAndCause(method)
              || isCompact(method)
              || isWither(method);
      if (isOpen(method.getModifiers()) && !plain) {
        ask(method.getName());
      }
      return null;
    }

    @Override
    public Void visitVariable(VariableTree field, Void nothing) {
      // What a constant of an enum is, its name says.
      if (isOpen(field.getModifiers()) && owner().getKind() != Tree.Kind.ENUM) {
        ask(field.getName());
      }
      return null;
    }

    private boolean ask(CharSequence name) {
      count++;
      if (docs.getDocComment(getCurrentPath()) == null) {
        StringBuilder path = new StringBuilder(name);
        for (TreePath at = getCurrentPath().getParentPath(); at != null; at = at.getParentPath()) {
          if (at.getLeaf() instanceof ClassTree outer) {
            path.insert(0, outer.getSimpleName() + ".");
          }
        }
        silent.add(path.toString());
      }
      return true;
    }

    private ClassTree owner() {
      return (ClassTree) getCurrentPath().getParentPath().getLeaf();
    }

    private boolean isOpen(ModifiersTree modifiers) {
      return modifiers.getFlags().contains(Modifier.PUBLIC)
          || modifiers.getFlags().contains(Modifier.PROTECTED)
          || getCurrentPath().getParentPath().getLeaf() instanceof ClassTree outer
              && outer.getKind() == Tree.Kind.INTERFACE
              && !modifiers.getFlags().contains(Modifier.PRIVATE);
    }

    private static boolean isOverride(MethodTree method) {
      return method.getModifiers().getAnnotations().stream()
          .anyMatch(annotation -> annotation.getAnnotationType().toString().equals("Override"));
    }

    /** Of exceptions: the words for both are in {@link Throwable}. */
    private static boolean isOfMessageAndCause(MethodTree method) {
      return method.getReturnType() == null
          && method.getParameters().stream()
              .allMatch(one -> MESSAGE_AND_CAUSE.contains(one.getType().toString()));
    }

    /** Of records, whose words are those of the type. */
    private boolean isCompact(MethodTree method) {
      return method.getReturnType() == null && owner().getKind() == Tree.Kind.RECORD;
    }

    /** A record with another component, which the type's words are for. */
    private boolean isWither(MethodTree method) {
      return method.getName().toString().startsWith("with")
          && owner().getKind() == Tree.Kind.RECORD;
    }
  }
}
