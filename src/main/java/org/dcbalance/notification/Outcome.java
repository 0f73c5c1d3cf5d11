package org.dcbalance.notification;

/**
 * What came of an attempt.
 *
 * @param delivered whether the receiver took it
 * @param sentence for people; holds nothing of what the receiver wrote but a status
 */
public record Outcome(boolean delivered, String sentence) {
  static Outcome delivered(String sentence) {
    return new Outcome(true, sentence);
  }

  static Outcome failed(String sentence) {
    return new Outcome(false, sentence);
  }
}
