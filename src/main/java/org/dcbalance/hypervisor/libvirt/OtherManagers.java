package org.dcbalance.hypervisor.libvirt;

import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.dcbalance.hypervisor.Guest.Tie;
import org.jspecify.annotations.Nullable;
import org.w3c.dom.Element;

/** Recognise guests that another fleet manager owns, by the metadata that it leaves. */
final class OtherManagers {
  private static final Map<String, String> BY_NAMESPACE =
      new TreeMap<>(
          Map.of(
              "http://ovirt.org/", "oVirt",
              "http://openstack.org/", "OpenStack",
              "http://kubevirt.io", "KubeVirt",
              "http://opennebula.org/", "OpenNebula",
              "http://cloudstack.apache.org", "CloudStack"));

  private OtherManagers() {}

  static List<Tie> tie(@Nullable Element metadata) {
    return Xml.children(metadata, "*").stream()
        .map(element -> String.valueOf(element.getNamespaceURI()))
        .flatMap(
            namespace ->
                BY_NAMESPACE.entrySet().stream()
                    .filter(known -> namespace.startsWith(known.getKey()))
                    .map(Map.Entry::getValue))
        .distinct()
        .map(manager -> new Tie(Tie.Kind.OTHER_MANAGER, manager))
        .toList();
  }
}
