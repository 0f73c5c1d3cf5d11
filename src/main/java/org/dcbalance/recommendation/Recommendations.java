package org.dcbalance.recommendation;

import jakarta.persistence.LockModeType;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import org.springframework.data.domain.Limit;
import org.springframework.data.jpa.repository.Lock;
import org.springframework.data.jpa.repository.Query;
import org.springframework.data.repository.Repository;

/** Store and find recommendations. */
public interface Recommendations extends Repository<Recommendation, Long> {
  String MOST_URGENT =
      """
       order by case when r.priority = HIGH then 0 when r.priority = MEDIUM then 1 else 2 end,
        r.gain desc, r.id limit :most\
      """;

  Recommendation save(Recommendation recommendation);

  void flush();

  Optional<Recommendation> findById(long id);

  @Lock(LockModeType.PESSIMISTIC_WRITE)
  @Query("select r from Recommendation r where r.id = :id")
  Optional<Recommendation> lockById(long id);

  /** List the ids of those that were proposed with it for VMs that move together with its VM. */
  @Query(
      nativeQuery = true,
      value =
          """
          select o.id from recommendation o join recommendation a on a.id = :id
          where o.pool_id = a.pool_id and o.round_id = a.round_id and o.state = a.state
          and o.vm_id = any(a.together)
          """)
  List<Long> goingAlong(long id);

  /** Sum up what those promised that its round has before it, and that nobody approved. */
  @Query(
      nativeQuery = true,
      value =
          """
          select coalesce(sum(o.gain), 0) from recommendation o join recommendation a on a.id = :id
          where o.pool_id = a.pool_id and o.round_id = a.round_id and o.id <> a.id
          and o.state not in ('APPROVED', 'SETTLED') and o.imbalance_before > a.imbalance_before
          """)
  double gainsNotApprovedBefore(long id);

  @Lock(LockModeType.PESSIMISTIC_WRITE)
  @Query(
      "select r from Recommendation r where r.poolId = :poolId and r.state = PROPOSED order by"
          + " r.id")
  List<Recommendation> lockProposed(long poolId);

  List<Recommendation> findByPoolIdAndStateInOrderByIdDesc(
      long poolId, Collection<Recommendation.State> states, Limit limit);

  List<Recommendation> findByStateInAndIdLessThanOrderByIdDesc(
      Collection<Recommendation.State> states, long before, Limit limit);

  List<Recommendation> findByPoolIdAndStateInAndIdLessThanOrderByIdDesc(
      long poolId, Collection<Recommendation.State> states, long before, Limit limit);

  /** List those that wait, the most urgent first. */
  @Query("select r from Recommendation r where r.state = PROPOSED" + MOST_URGENT)
  List<Recommendation> findMostUrgent(int most);

  /** List those that wait in a pool, the most urgent first. */
  @Query(
      "select r from Recommendation r where r.state = PROPOSED and r.poolId = :poolId"
          + MOST_URGENT)
  List<Recommendation> findMostUrgentByPoolId(long poolId, int most);

  @Query(
      """
      select r from Recommendation r where r.poolId = :poolId and r.state = SETTLED
      and r.succeeded = true and r.imbalanceMeasured is null order by r.id
      """)
  List<Recommendation> findUnmeasured(long poolId);

  /**
   * List the newest that are settled, but for those whose every attempt was refused before it
   * began: nothing was tried there, so they say nothing of how moves go.
   */
  @Query(
      nativeQuery = true,
      value =
          """
          select r.* from recommendation r where r.pool_id = :poolId and r.state = 'SETTLED'
          and coalesce(
            (select bool_or(m.state <> 'REFUSED') from migration m where m.recommendation_id = r.id), true)
          order by r.id desc limit :most
          """)
  List<Recommendation> findTried(long poolId, int most);

  long countByState(Recommendation.State state);

  long countByPoolIdAndState(long poolId, Recommendation.State state);
}
