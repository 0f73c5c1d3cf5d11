package org.dcbalance.offline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** The expected scores were printed by hbal 3.0.2 for the same text: {@code hbal -t F -l 0 -v}. */
class HtoolsScoreTest {
  private static double score(String text) {
    var cluster = HtoolsText.read("test", text.lines().toList(), Map.of(), Set.of());
    return HtoolsScore.value(new HtoolsScore(cluster).terms(cluster.placement()));
  }

  @Test
  void counts_memory_that_the_books_do_not_know_and_local_disks() {
    assertThat(
            score(
                """
                default|u1|preferred||

                n1|16384|512|8000|1000000|900000|16|N|u1|1
                n2|16384|512|10000|1000000|950000|16|N|u1|1

                i1|4096|20000|2|running|Y|n1||plain||1
                i2|2048|20000|2|running|Y|n1||plain||1
                i3|1024|20000|1|running|Y|n2||plain||1

                """))
        .isCloseTo(2.19541016, within(1e-8));
  }

  @Test
  void counts_instances_that_are_down_offline_nodes_and_exclusion_tags() {
    assertThat(
            score(
                """
                default|u1|preferred||

                n1|16384|512|12000|1000000|900000|16|N|u1
                n2|16384|512|10000|1000000|950000|16|N|u1
                n3|16384|512|10000|1000000|950000|16|Y|u1

                i1|4096|20000|2|running|Y|n1||ext||1
                i2|2048|20000|2|ADMIN_down|Y|n1||ext||1
                i3|1024|20000|1|running|Y|n2||ext||1
                i4|1024|20000|1|ERROR_down|Y|n2||ext|a:x|1
                i5|1024|20000|1|ADMIN_offline|Y|n2||ext|a:x|1
                i6|1024|20000|1|running|Y|n2||rbd|a:x|1
                i7|1024|20000|1|running|Y|n3||rbd||1

                htools:iextags:a
                """))
        .isCloseTo(28.11386719, within(1e-8));
  }

  @Test
  void counts_mirrors_reserved_memory_and_nodes_that_could_not_stand_in() {
    assertThat(
            score(
                """
                default|u1|preferred||

                n1|16384|512|3000|1000000|900000|16|N|u1|2
                n2|16384|512|10000|1000000|950000|16|N|u1|2
                n3|16384|512|10000|1000000|950000|16|N|u1

                i1|4096|20000|2|running|Y|n2|n1|drbd||1
                i2|4096|20000|2|running|Y|n2|n3|drbd||2
                i3|4096|20000|2|ADMIN_down|Y|n2|n3|drbd||2
                i4|1096|20000|2|running|N|n2|n3|drbd||2
                i5|1096|20000|2|running|Y|n1||plain||2
                i6|1096|20000|2|running|Y|n3||ext||2

                """))
        .isCloseTo(8.00980004, within(1e-8));
  }
}
