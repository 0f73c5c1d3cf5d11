package org.dcbalance.pages;

import java.io.Serializable;
import org.dcbalance.units.Problem;
import org.jspecify.annotations.Nullable;
import org.springframework.web.servlet.mvc.support.RedirectAttributes;

/**
 * Tell what came of a form, on the page that follows it.
 *
 * @param tone "ok", "warn" or "bad"
 * @param advice starts with "Maybe"; null where there is none
 */
record Notice(String tone, String sentence, @Nullable String advice) implements Serializable {
  static final String ATTRIBUTE = "notice";

  static Notice done(String sentence) {
    return new Notice("ok", sentence, null);
  }

  static Notice refused(Problem problem) {
    return new Notice("bad", problem.sentence(), problem.advice());
  }

  /** Do what a form asks for, and show how that went on the page that the browser is sent to. */
  static void tried(Runnable what, String done, RedirectAttributes redirect) {
    try {
      what.run();
      done(done).on(redirect);
    } catch (Problem e) {
      refused(e).on(redirect);
    }
  }

  /** Do so, and have the form show again what was entered if that is refused. */
  static void tried(Runnable what, String done, Entered entered, RedirectAttributes redirect) {
    try {
      what.run();
      done(done).on(redirect);
    } catch (Problem e) {
      refused(e).on(redirect);
      entered.on(redirect);
    }
  }

  /** Show it on the page that the browser is sent to. */
  void on(RedirectAttributes redirect) {
    redirect.addFlashAttribute(ATTRIBUTE, this);
  }
}
