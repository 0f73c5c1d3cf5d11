package org.dcbalance.story;

import org.dcbalance.lab.Lab;

/** A started console with what a story speaks to it by: its API and a browser. */
record Stage(Console console, Api api, Chromium browser) implements AutoCloseable {
  /** Open a browser inside a lab, at a console that runs there. */
  static Stage inside(Lab lab, Console console, String story, int driverPort) {
    try {
      return new Stage(console, console.api(), Chromium.inside(lab, story, console, driverPort));
    } catch (RuntimeException | AssertionError e) {
      console.close();
      throw e;
    }
  }

  @Override
  public void close() {
    try (console;
        api;
        browser) {
      // closed in the reverse order, each of them whatever becomes of the others
    }
  }
}
