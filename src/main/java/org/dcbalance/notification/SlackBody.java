package org.dcbalance.notification;

import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * What incoming webhooks of Slack and Mattermost take. Whoever may name a VM must not be able to
 * call a whole channel, hide a link behind other words, or write lines of their own.
 *
 * @see <a href="https://docs.slack.dev/messaging/formatting-message-text/">Formatting message
 *     text</a>
 */
record SlackBody(String text) {
  private static final int LONGEST_SENTENCE = 3000;

  /** Takes no room, and ends what would be a name after an at sign. */
  private static final String NOTHING = "\u200b";

  static SlackBody of(Message message) {
    var text =
        new StringBuilder("*")
            .append(safe(message.title()))
            .append("* (")
            .append(message.severity().words().toLowerCase(Locale.ROOT))
            .append(")\n")
            .append(safe(shortened(message.sentence())));
    var pool = message.pool();
    var link = link(message.link());
    if (pool != null) {
      text.append("\nPool ").append(safe(pool.name()));
    }
    if (link != null) {
      text.append(pool == null ? "\n" : " · ").append(link);
    }
    return new SlackBody(text.toString());
  }

  /**
   * Write three characters as Slack wants them, and take the meaning from others: Mattermost reads
   * "@all" in a text as a call, and "[words](address)" as a link.
   */
  private static String safe(String text) {
    return escaped(text)
        .replaceAll("[\\p{Cntrl}\\u2028\\u2029]+", " ")
        .replace("@", "@" + NOTHING)
        .replace("](", "]" + NOTHING + "(");
  }

  private static String escaped(String text) {
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;");
  }

  private static @Nullable String link(@Nullable String address) {
    return address == null
        ? null
        : "<" + escaped(address.replace("|", "%7C")) + "|Open in DCbalance>";
  }

  private static String shortened(String sentence) {
    return sentence.length() <= LONGEST_SENTENCE
        ? sentence
        : sentence.substring(0, sentence.offsetByCodePoints(0, LONGEST_SENTENCE / 2)) + "…";
  }
}
