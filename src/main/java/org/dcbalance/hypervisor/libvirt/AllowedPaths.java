package org.dcbalance.hypervisor.libvirt;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.dcbalance.units.ErrorCode;
import org.dcbalance.units.Problem;

/** Keep the files that a URI names below the folders that an administrator allowed. */
record AllowedPaths(List<Path> folders) {

  /**
   * Resolve a path as the file system does now, symbolic links included.
   *
   * @return the path without links
   * @throws Problem if it is not below an allowed folder
   */
  Path resolve(String parameter, Path path) {
    var real = withoutLinks(path);
    for (var folder : folders) {
      var top = withoutLinks(folder);
      if (real.startsWith(top) && !real.equals(top)) {
        return real;
      }
    }
    throw new Problem(
        ErrorCode.REFUSED,
        "The parameter '%s' names %s, which is not below a folder that this console may use."
            .formatted(parameter, real.equals(path) ? path : path + " (in truth " + real + ")"),
        "Maybe add its folder to dcbalance.libvirt.allowed-paths.");
  }

  /**
   * Resolve the part that exists; the rest (a socket of a daemon that is down) cannot be a link.
   */
  private static Path withoutLinks(Path path) {
    var normal = path.normalize();
    for (var part = normal; part != null; part = part.getParent()) {
      if (Files.exists(part) || Files.isSymbolicLink(part)) {
        try {
          return part.toRealPath().resolve(part.relativize(normal)).normalize();
        } catch (IOException e) {
          throw new Problem(
              ErrorCode.REFUSED,
              "The path %s cannot be resolved.".formatted(path),
              "Maybe it is a broken or circular link.",
              e);
        }
      }
    }
    return normal;
  }
}
