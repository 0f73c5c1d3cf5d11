package org.dcbalance.hypervisor.simulated;

/**
 * Say how busy a guest wants to be at any time: a base, a daily wave and noise. A function of seed
 * and time alone.
 *
 * @param base share of its vCPUs, 0 to 1
 * @param daily height of the daily wave, as a share of the base
 * @param peakHour hour of the day (UTC) at which the wave peaks
 * @param noise height of the noise, as a share of the base
 */
record LoadPattern(long seed, double base, double daily, double peakHour, double noise) {
  private static final double DAY = 86_400;
  private static final double NOISE_PERIOD = 20;

  /** Give the wanted share of the guest's vCPUs, 0 to 1, at a time in seconds since 1970. */
  double at(double seconds) {
    double wave = Math.cos(2 * Math.PI * (seconds / DAY - peakHour / 24));
    return Math.clamp(base * (1 + daily * wave + noise * noiseAt(seconds / NOISE_PERIOD)), 0, 1);
  }

  private double noiseAt(double x) {
    long cell = (long) Math.floor(x);
    double into = x - cell;
    double smooth = into * into * (3 - 2 * into);
    return corner(cell) * (1 - smooth) + corner(cell + 1) * smooth;
  }

  /** Give a number from -1 to 1 that depends on seed and place alone (the mixer of SplitMix64). */
  private double corner(long cell) {
    long z = seed + cell * 0x9E3779B97F4A7C15L;
    z = (z ^ (z >>> 30)) * 0xBF58476D1CE4E5B9L;
    z = (z ^ (z >>> 27)) * 0x94D049BB133111EBL;
    z ^= z >>> 31;
    return (z >> 11) * 0x1.0p-52;
  }
}
