package org.dcbalance.hypervisor;

import java.nio.file.Path;

/** Keep the files of this machine that people name below the folders that the console may use. */
public interface AllowedFiles {
  /**
   * Resolve a path as the file system does now, symbolic links included.
   *
   * @param what names it in sentences, such as "keyfile"
   * @return the path without links
   * @throws org.dcbalance.units.Problem REFUSED if it is not below an allowed folder
   */
  Path resolve(String what, Path path);
}
