package org.dcbalance.migration;

/**
 * Report one pre-flight check.
 *
 * @param name what is checked, in a few words
 * @param ok whether it holds
 * @param sentence what was found, with its numbers
 * @param passing whether it fails for a reason that may pass by itself
 */
public record Check(String name, boolean ok, String sentence, boolean passing) {
  public Check(String name, boolean ok, String sentence) {
    this(name, ok, sentence, false);
  }
}
