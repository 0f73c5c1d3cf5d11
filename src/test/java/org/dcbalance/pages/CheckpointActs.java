package org.dcbalance.pages;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.LinkedHashMap;
import java.util.Map;

/** Checkpoints and virtual clusters, as far as they come where no host answers. */
final class CheckpointActs {
  private static final String CLUSTER = "select id from virtual_cluster where name = :name";
  private static final String MEMBERS =
      """
      select count(*) from virtual_cluster c join virtual_cluster_vm m on m.cluster_id = c.id
      where c.name = :name
      """;
  private static final String SCHEDULES =
      "select count(*) from checkpoint_schedule s join vm v on v.id = s.vm_id where v.name = :name || '-vm-1'";

  private final ActStage stage;
  private final Visitor visitor;

  CheckpointActs(ActStage stage) {
    this.stage = stage;
    this.visitor = stage.visitor();
  }

  Map<String, PageActs> table() {
    var table = new LinkedHashMap<String, PageActs>();
    table.put(
        "/checkpoints",
        new PageActs(
            () -> {
              visitor.open("/checkpoints?shown=" + stage.empty());
              visitor.sees(
                  "No checkpoint was taken yet.", "No schedule yet. Add one below.", "not yet");
            },
            () -> {
              schedule("sometimes");
              visitor.sees("Refused", "is not a time that comes again");
              assertThat(visitor.held("Add the schedule", "of")).isEqualTo(stage.vm(1));
              assertThat(visitor.held("Add the schedule", "cron")).isEqualTo("sometimes");
            },
            () -> {
              choosesAStorage();
              keepsASchedule();
            }));
    table.put("/checkpoints/{id}", ofOne(taken()));
    table.put(
        "/virtual-clusters",
        new PageActs(
            () -> {
              visitor.open("/virtual-clusters?shown=" + stage.empty());
              visitor.sees("No set of machines has a name yet.");
            },
            () -> {
              visitor.fill("Name this set", "name", stage.name());
              visitor.fill("Name this set", "members", "nothing-is-called-so");
              visitor.press("Name this set");
              visitor.sees("There is no virtual machine named \"nothing-is-called-so\".");
              assertThat(visitor.held("Name this set", "name")).isEqualTo(stage.name());
            },
            () -> {
              visitor.fill("Name this set", "members", stage.vm(1) + ", " + stage.vm(2));
              visitor.press("Name this set");
              visitor.sees("Take a checkpoint", stage.vm(1) + " on " + stage.host(1));
              assertThat(stage.id(MEMBERS)).isEqualTo(2);
            }));
    table.put(
        "/virtual-clusters/{id}",
        new PageActs(
            () -> {
              visitor.open("/virtual-clusters/" + stage.id(CLUSTER));
              visitor.sees("None was taken yet.", "No storage is chosen for checkpoints of pool");
            },
            () ->
                visitor.isRefused(
                    "/virtual-clusters/999999999", 404, "There is no virtual cluster 999999999."),
            () -> {
              visitor.open("/virtual-clusters/" + stage.id(CLUSTER));
              visitor.press("Forget this set");
              visitor.confirm();
              visitor.at("/virtual-clusters");
              assertThat(stage.id(MEMBERS)).isZero();
            }));
    return table;
  }

  private PageActs ofOne(long checkpoint) {
    var path = "/checkpoints/" + checkpoint;
    return new PageActs(
        () -> {
          visitor.open(path);
          visitor.sees("Checkpoint of " + stage.vm(2), "No host can take it now");
        },
        () -> visitor.isRefused("/checkpoints/999999999", 404, "There is no checkpoint 999999999."),
        () -> {
          visitor.open(path);
          visitor.press("Delete");
          visitor.confirm();
          visitor.at("/checkpoints");
          assertThat(stage.word("select state from checkpoint where id = " + checkpoint))
              .isIn("DELETING", "DELETED");
        });
  }

  private long taken() {
    return stage.id(
        """
        insert into checkpoint (vm_id, pool_id, host_id, storage, state, live, why, requested_by, captured_at,
          memory_bytes)
        select v.id, h.pool_id, h.id, 'kept', 'COMPLETE', true, 'Before the upgrade', 'amy', now(), 1
        from vm v join host h on h.id = v.host_id where v.name = :name || '-vm-2' returning id
        """);
  }

  private void schedule(String cron) {
    visitor.fill("Add the schedule", "of", stage.vm(1));
    visitor.fill("Add the schedule", "cron", cron);
    visitor.press("Add the schedule");
  }

  private void choosesAStorage() {
    visitor.open("/checkpoints?shown=" + stage.empty());
    visitor.fill("Save", "name", "checkpoints");
    visitor.press("Save");
    visitor.sees("Each host has it.");
    assertThat(stage.word("select storage from checkpoint_storage where pool_id = :empty"))
        .isEqualTo("checkpoints");
  }

  private void keepsASchedule() {
    schedule("0 0 2 1 1 *");
    visitor.sees("It is taken when it is due.");
    assertThat(stage.id(SCHEDULES)).isOne();
    visitor.press("End the schedule of " + stage.vm(1));
    visitor.confirm();
    visitor.sees("What it took stays until deleted.");
    assertThat(stage.id(SCHEDULES)).isZero();
  }
}
