package org.dcbalance.pages;

import java.io.Serializable;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.springframework.web.servlet.mvc.support.RedirectAttributes;

/**
 * What was entered into a form that was refused, or only checked, to be shown in it again. Every
 * page has one; it is {@link #NOTHING} where nothing was.
 *
 * @param form which one of the forms of its page
 * @param fields values by names, without what is secret or longer than any field takes
 */
record Entered(String form, Map<String, String> fields) implements Serializable {
  static final String ATTRIBUTE = "entered";
  static final Entered NOTHING = new Entered("", Map.of());

  // this goes into the session, which is stored, and of which too much is not read again
  private static final int LONGEST = 4000;
  private static final Pattern SECRET =
      Pattern.compile("_csrf|password|secret|token", Pattern.CASE_INSENSITIVE);

  Entered {
    var kept = new HashMap<>(fields);
    kept.entrySet()
        .removeIf(
            each -> SECRET.matcher(each.getKey()).find() || each.getValue().length() > LONGEST);
    fields = Map.copyOf(kept);
  }

  /** Tell whether it is this form that was refused. */
  public boolean into(String wanted) {
    return form.equals(wanted);
  }

  /** Give what was entered into a field of a form; the other value unless that was refused. */
  public @Nullable Object value(String wanted, String field, @Nullable Object otherwise) {
    return into(wanted) ? fields.getOrDefault(field, "") : otherwise;
  }

  /**
   * Tell whether an option was chosen; unless the form was refused, whether it is the other one.
   */
  public boolean chose(String wanted, String field, Object option, @Nullable Object otherwise) {
    return option.toString().equals(Objects.toString(value(wanted, field, otherwise), ""));
  }

  /** Show it on the page that the browser is sent to. */
  void on(RedirectAttributes redirect) {
    redirect.addFlashAttribute(ATTRIBUTE, this);
  }
}
