package com.acme.library;

import java.util.List;
import java.util.Map;
import org.springframework.jdbc.core.namedparam.MapSqlParameterSource;
import org.springframework.jdbc.core.namedparam.NamedParameterJdbcTemplate;
import org.springframework.stereotype.Repository;

@Repository
public class BookRepository {

    private static final Map<String, String> ORDER = Map.of(
            "title", "b.title ASC",
            "newest", "b.published DESC",
            "rating", "b.rating DESC NULLS LAST");

    private final NamedParameterJdbcTemplate jdbc;

    public BookRepository(NamedParameterJdbcTemplate jdbc) {
        this.jdbc = jdbc;
    }

    public List<Map<String, Object>> search(String text, String order, int page) {
        String sql = "SELECT b.id, b.title FROM book b WHERE lower(b.title) LIKE :text ESCAPE '!'"
                + " ORDER BY " + ORDER.getOrDefault(order, ORDER.get("title"))
                + " LIMIT 25 OFFSET :offset";
        String escaped = text.toLowerCase().replace("!", "!!").replace("%", "!%").replace("_", "!_");
        MapSqlParameterSource params = new MapSqlParameterSource()
                .addValue("text", "%" + escaped + "%")
                .addValue("offset", Math.max(0, Math.min(page, 1000)) * 25);
        return jdbc.queryForList(sql, params);
    }
}
