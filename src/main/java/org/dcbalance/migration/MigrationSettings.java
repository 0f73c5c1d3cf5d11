package org.dcbalance.migration;

import jakarta.validation.constraints.DecimalMin;
import jakarta.validation.constraints.Min;
import java.time.Duration;
import org.dcbalance.inventory.Host;
import org.hibernate.validator.constraints.time.DurationMin;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.validation.annotation.Validated;

/**
 * Settings of migrations.
 *
 * @param perPool most moves at once in a pool
 * @param outPerHost most moves at once from a host
 * @param inPerHost most moves at once to a host
 * @param outPerXenHost the same from a Xen host, whose tool stack sends guests one after another
 * @param inPerXenHost the same to a Xen host
 * @param perLink most moves at once between two hosts, either way
 * @param freshWithin age up to which what is known of a host is good enough to start a move
 * @param shortest least time that a move is given before it is aborted
 * @param longest most time that a move is given, unless twice what is expected of it is more; and
 *     what it gets where nothing is expected
 * @param patience how many times its expected length a move may take
 * @param progressEvery how often a running move's progress is read
 * @param storedEvery how often at most it is stored
 * @param readAgainEvery how often both hosts are asked while they do not agree
 * @param doubtedFor how long a pair of answers that no rule covers may last before the move is lost
 * @param lostAfter how long a host may be silent before the move is lost, and a copy that cannot be
 *     ended may send nothing before people are told
 * @param lostReadEvery how often both hosts are asked about a lost move
 * @param probeBefore how long a guest is probed before its move, to know its usual gaps
 * @param probeAfter how long it is probed after
 * @param probeSilent how long it is probed after when it does not answer
 * @param balloonStalled for how long a balloon may stand still above its target before it is given
 *     up
 * @param balloonMost how long ballooning may take, and undoing it; and how long a balloon that
 *     moves is waited for before a move
 */
@Validated
@ConfigurationProperties("dcbalance.migration")
record MigrationSettings(
    @DefaultValue("4") @Min(1) int perPool,
    @DefaultValue("2") @Min(1) int outPerHost,
    @DefaultValue("2") @Min(1) int inPerHost,
    @DefaultValue("1") @Min(1) int outPerXenHost,
    @DefaultValue("1") @Min(1) int inPerXenHost,
    @DefaultValue("2") @Min(1) int perLink,
    @DefaultValue("30s") @DurationMin(seconds = 1) Duration freshWithin,
    @DefaultValue("10m") @DurationMin(millis = 100) Duration shortest,
    @DefaultValue("15m") @DurationMin(millis = 100) Duration longest,
    @DefaultValue("5") @DecimalMin("1") double patience,
    @DefaultValue("250ms") @DurationMin(millis = 10) Duration progressEvery,
    @DefaultValue("1s") @DurationMin(millis = 10) Duration storedEvery,
    @DefaultValue("1s") @DurationMin(millis = 10) Duration readAgainEvery,
    @DefaultValue("5s") @DurationMin(millis = 10) Duration doubtedFor,
    @DefaultValue("60s") @DurationMin(millis = 10) Duration lostAfter,
    @DefaultValue("5s") @DurationMin(millis = 10) Duration lostReadEvery,
    @DefaultValue("500ms") @DurationMin(millis = 50) Duration probeBefore,
    @DefaultValue("1s") @DurationMin(millis = 50) Duration probeAfter,
    @DefaultValue("20s") @DurationMin(millis = 50) Duration probeSilent,
    @DefaultValue("10s") @DurationMin(millis = 50) Duration balloonStalled,
    @DefaultValue("2m") @DurationMin(millis = 50) Duration balloonMost) {

  MigrationSlots.Caps atOnce() {
    return new MigrationSlots.Caps(perPool, perLink);
  }

  MigrationSlots.HostCaps caps(Host host) {
    return xen(host)
        ? new MigrationSlots.HostCaps(host.name(), outPerXenHost, inPerXenHost)
        : new MigrationSlots.HostCaps(host.name(), outPerHost, inPerHost);
  }

  /** Give the time that a move may take. */
  Duration mostTime(long expectedMillis, double bias) {
    // a VM that has filled its memory since takes as long as modelled, whatever its earlier moves
    // took
    return mostTime(Math.round(expectedMillis / Math.min(1, bias)));
  }

  /** Give the time that a move may take, from what is expected of it; null if nothing is. */
  Duration mostTime(@Nullable Long expectedMillis) {
    if (expectedMillis == null) {
      return longest;
    }
    var patient = Duration.ofMillis(Math.round(expectedMillis * patience));
    var atLeast = patient.compareTo(shortest) < 0 ? shortest : patient;
    // a large guest's copy may rightly take longer than what is usual
    var expected = Duration.ofMillis(expectedMillis);
    var most = longest.compareTo(expected.multipliedBy(2)) < 0 ? expected.multipliedBy(2) : longest;
    return atLeast.compareTo(most) > 0 ? most : atLeast;
  }

  private static boolean xen(Host host) {
    return host.hypervisor().equals("Xen");
  }
}
