package org.dcbalance.telemetry;

import java.io.IOException;
import java.io.StringReader;
import java.sql.SQLException;
import java.util.List;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;
import org.postgresql.PGConnection;
import org.springframework.dao.DataAccessResourceFailureException;
import org.springframework.jdbc.datasource.DataSourceUtils;
import org.springframework.stereotype.Component;

/** Write samples by COPY, the fastest way into PostgreSQL. */
@Component
class SampleWriter {
  private final DataSource dataSource;

  SampleWriter(DataSource dataSource) {
    this.dataSource = dataSource;
  }

  void write(HostSample host, List<VmSample> vms) {
    copy(
        "copy host_sample (at, host_id, cpu_cores, cores, cpu_summed, memory_used_bytes,"
            + " memory_bytes, net_received, net_sent, disk_read, disk_written) from stdin",
        line(
            host.at(),
            host.host(),
            host.cpuCores(),
            host.cores(),
            host.cpuSummed(),
            host.memoryUsedBytes(),
            host.memoryBytes(),
            host.netReceived(),
            host.netSent(),
            host.diskRead(),
            host.diskWritten()));
    if (vms.isEmpty()) {
      return;
    }
    var lines = new StringBuilder();
    for (var vm : vms) {
      lines.append(
          line(
              vm.at(),
              vm.vm(),
              vm.host(),
              vm.cpuCores(),
              vm.memoryBytes(),
              vm.memoryUsedBytes(),
              vm.netReceived(),
              vm.netSent(),
              vm.diskRead(),
              vm.diskWritten(),
              vm.dirtyRate()));
    }
    copy(
        "copy vm_sample (at, vm_id, host_id, cpu_cores, memory_bytes, memory_used_bytes,"
            + " net_received, net_sent, disk_read, disk_written, dirty_rate) from stdin",
        lines.toString());
  }

  /** Numbers, instants and booleans need no escaping in COPY's text format. */
  private static String line(@Nullable Object... fields) {
    var line = new StringBuilder();
    for (var field : fields) {
      line.append(line.isEmpty() ? "" : "\t").append(field == null ? "\\N" : field);
    }
    return line.append('\n').toString();
  }

  private void copy(String statement, String lines) {
    var connection = DataSourceUtils.getConnection(dataSource);
    try {
      connection.unwrap(PGConnection.class).getCopyAPI().copyIn(statement, new StringReader(lines));
    } catch (SQLException | IOException e) {
      throw new DataAccessResourceFailureException(
          "Samples could not be stored: " + e.getMessage(), e);
    } finally {
      DataSourceUtils.releaseConnection(connection, dataSource);
    }
  }
}
