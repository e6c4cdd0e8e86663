package com.acme.shop.web;

import java.util.List;
import java.util.Map;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.RestController;

@RestController
@RequestMapping("/api/products")
public class ProductSearchController {

    private final JdbcTemplate jdbc;

    public ProductSearchController(JdbcTemplate jdbc) {
        this.jdbc = jdbc;
    }

    @GetMapping
    public List<Map<String, Object>> search(@RequestParam String name,
                                            @RequestParam(defaultValue = "0") int page) {
        String sql = "SELECT id, name, price FROM product WHERE name LIKE '%" + name + "%'"
                + " LIMIT 50 OFFSET " + Math.max(0, page) * 50;
        return jdbc.queryForList(sql);
    }

    @GetMapping("/count")
    public Integer count() {
        return jdbc.queryForObject("SELECT COUNT(*) FROM product", Integer.class);
    }
}
