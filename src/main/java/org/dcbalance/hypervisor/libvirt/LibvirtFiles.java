package org.dcbalance.hypervisor.libvirt;

import java.nio.file.Path;
import org.dcbalance.hypervisor.AllowedFiles;
import org.springframework.stereotype.Component;

/** Allow others the folders that hosts' URIs may name files in. */
@Component
final class LibvirtFiles implements AllowedFiles {
  private final AllowedPaths allowed;

  LibvirtFiles(LibvirtSettings settings) {
    this.allowed = new AllowedPaths(settings.allowedPaths());
  }

  @Override
  public Path resolve(String what, Path path) {
    return allowed.resolve(what, path);
  }
}
