package org.dcbalance.testing;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** Need Python for a test class, in which the hosts' helper and its own tests are written. */
public final class PythonInstalled extends Needed {
  public static final Path PYTHON = Path.of("/usr/bin/python3");

  PythonInstalled() {
    super("lab/install --only qemu");
  }

  @Override
  protected List<String> missing() {
    return Files.isExecutable(PYTHON) ? List.of() : List.of(PYTHON.toString());
  }
}
