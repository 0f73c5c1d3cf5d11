package org.dcbalance.offline;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Read recorded load, a file per VM, in the order of the file names.
 *
 * <p>PlanetLab: a percentage of one core per line; such a VM has 2 GiB of memory. Bitbrains: the
 * columns of the archive GWA-T-12, separated by semicolons under one line of titles; a sample that
 * is missing is as the one before.
 */
final class TraceFiles {
  private static final double PLANETLAB_MIB = 2048;
  private static final int BITBRAINS_COLUMNS = 11;
  private static final int TIME = 0;
  private static final int CPU_MHZ = 3;
  private static final int MEMORY_KB = 5;
  private static final int MEMORY_USED_KB = 6;

  private TraceFiles() {}

  /**
   * Read all files of a folder.
   *
   * @param hostMhz clock of the simulated hosts, for traces that state CPU in MHz
   */
  static List<Trace> read(Path folder, String format, double hostMhz) {
    var traces = new ArrayList<Trace>();
    for (var file : files(folder)) {
      var lines = DecideCommand.lines(file.toString());
      var trace =
          format.equals("planetlab") ? planetLab(file, lines) : bitbrains(file, lines, hostMhz);
      if (trace.length() == 0) {
        // all others would be cut off to nothing with it
        throw Arguments.problem(file + " holds no sample.", "Maybe take it out of the folder.");
      }
      traces.add(trace);
    }
    // traces that were cut off end together
    int least = traces.stream().mapToInt(Trace::length).min().orElse(0);
    return traces.stream()
        .map(
            trace ->
                new Trace(
                    trace.vm(),
                    trace.memoryMiB(),
                    Arrays.copyOf(trace.cores(), least),
                    Arrays.copyOf(trace.used(), least)))
        .toList();
  }

  private static List<Path> files(Path folder) {
    try (var entries = Files.list(folder)) {
      var files = entries.filter(Files::isRegularFile).sorted().toList();
      if (files.isEmpty()) {
        throw Arguments.problem(
            "There is no file in " + folder + ".", "Maybe name the folder of one day.");
      }
      return files;
    } catch (IOException e) {
      throw Arguments.problem("Cannot read the folder " + folder + ".", null, e);
    } catch (UncheckedIOException e) {
      throw Arguments.problem("Cannot read the folder " + folder + ".", null, e);
    }
  }

  private static Trace planetLab(Path file, List<String> lines) {
    var cores = new double[lines.size()];
    for (int i = 0; i < cores.length; i++) {
      var line = new SourceLine(file.toString(), i + 1, lines.get(i));
      cores[i] = line.number("percent", line.text().strip()) / 100;
    }
    var used = new double[cores.length];
    Arrays.fill(used, PLANETLAB_MIB);
    return new Trace(name(file), PLANETLAB_MIB, cores, used);
  }

  private static Trace bitbrains(Path file, List<String> lines, double hostMhz) {
    var cores = new ArrayList<Double>();
    var used = new ArrayList<Double>();
    double promised = 0;
    double start = Double.NaN;
    for (int i = 1; i < lines.size(); i++) {
      var line = new SourceLine(file.toString(), i + 1, lines.get(i));
      var fields = line.text().split(";");
      if (fields.length != BITBRAINS_COLUMNS) {
        throw line.wrong(
            "fields", "there are " + fields.length + " and not " + BITBRAINS_COLUMNS + ".");
      }
      double time = line.number("timestamp", fields[TIME].strip());
      start = Double.isNaN(start) ? time : start;
      long sample = Math.round((time - start) / Trace.SECONDS);
      double mhz = line.number("CPU usage", fields[CPU_MHZ].strip());
      double memory = line.number("memory usage", fields[MEMORY_USED_KB].strip()) / 1024;
      promised =
          Math.max(promised, line.number("memory capacity", fields[MEMORY_KB].strip()) / 1024);
      while (!cores.isEmpty() && cores.size() < sample) {
        cores.add(cores.getLast());
        used.add(used.getLast());
      }
      cores.add(mhz / hostMhz);
      used.add(memory);
    }
    return new Trace(name(file), promised, array(cores), array(used));
  }

  private static double[] array(List<Double> values) {
    return values.stream().mapToDouble(value -> value).toArray();
  }

  private static String name(Path file) {
    return String.valueOf(file.getFileName());
  }
}
