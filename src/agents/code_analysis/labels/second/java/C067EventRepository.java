package com.acme.events.persistence;

import java.time.LocalDate;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import javax.persistence.EntityManager;
import javax.persistence.PersistenceContext;
import javax.persistence.TypedQuery;
import org.springframework.stereotype.Repository;
import org.springframework.transaction.annotation.Transactional;

import com.acme.events.model.Event;

@Repository
@Transactional(readOnly = true)
public class C067EventRepository {

    private static final String BASE = "SELECT e FROM Event e JOIN FETCH e.venue v WHERE e.cancelled = false";
    private static final String ORDER_BY_START = " ORDER BY e.startsAt";
    private static final String ORDER_BY_TITLE = " ORDER BY e.title";

    @PersistenceContext
    private EntityManager em;

    public Optional<Event> byId(long id) {
        return Optional.ofNullable(em.find(Event.class, id));
    }

    public List<Event> search(EventFilter filter) {
        Map<String, Object> params = new HashMap<>();
        String jpql = BASE;
        if (filter.getCity() != null) {
            jpql += " AND v.city = :city";
            params.put("city", filter.getCity());
        }
        if (filter.getText() != null) {
            jpql += " AND LOWER(e.title) LIKE :text ESCAPE '!'";
            params.put("text", "%" + escape(filter.getText().toLowerCase()) + "%");
        }
        if (filter.getFrom() != null) {
            jpql += " AND e.startsAt >= :from";
            params.put("from", filter.getFrom().atStartOfDay());
        }
        jpql += filter.isByTitle() ? ORDER_BY_TITLE : ORDER_BY_START;

        TypedQuery<Event> query = em.createQuery(jpql, Event.class);
        params.forEach(query::setParameter);
        return query.setMaxResults(200).getResultList();
    }

    private static String escape(String text) {
        return text.replace("!", "!!").replace("%", "!%").replace("_", "!_");
    }

    public interface EventFilter {
        String getCity();

        String getText();

        LocalDate getFrom();

        boolean isByTitle();
    }
}
