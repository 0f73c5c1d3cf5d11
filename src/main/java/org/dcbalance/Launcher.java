package org.dcbalance;

import java.lang.reflect.InvocationTargetException;
import java.util.Locale;
import org.dcbalance.offline.Offline;

/**
 * Starts the jar: commands that need no server are answered by the few classes that also lie at the
 * jar's root, everything else goes to Spring Boot's launcher, whose start costs more CPU time than
 * most decisions (docs/adr/0021).
 */
public final class Launcher {
  private static final String NEXT = "org.springframework.boot.loader.launch.JarLauncher";

  private Launcher() {}

  public static void main(String[] args) throws ReflectiveOperationException {
    // sentences are English, whatever the machine speaks, and so are their numbers
    Locale.setDefault(Locale.ENGLISH);
    if (Offline.answers(args)) {
      System.exit(Offline.run(System.out, System.err, args));
    }
    try {
      // it lies in the jar alone, and not on the class path that this is compiled with
      Class.forName(NEXT).getMethod("main", String[].class).invoke(null, (Object) args);
    } catch (InvocationTargetException e) {
      throw new IllegalStateException("Spring Boot's launcher failed.", e.getCause());
    }
  }
}
