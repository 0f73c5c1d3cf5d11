package org.dcbalance.migration;

/**
 * Report one pre-flight check.
 *
 * @param name what is checked, in a few words
 * @param ok whether it holds
 * @param sentence what was found, with its numbers
 */
public record Check(String name, boolean ok, String sentence) {}
