package com.acme.assets.web;

import java.util.List;
import java.util.Map;
import org.apache.ibatis.annotations.Insert;
import org.apache.ibatis.annotations.Mapper;
import org.apache.ibatis.annotations.Param;
import org.apache.ibatis.annotations.Select;
import org.springframework.security.access.prepost.PreAuthorize;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.RestController;

@RestController
@RequestMapping("/assets")
@PreAuthorize("hasAuthority('assets')")
public class C034AssetMapperController {

    private final AssetMapper mapper;

    public C034AssetMapperController(AssetMapper mapper) {
        this.mapper = mapper;
    }

    @GetMapping
    public List<Map<String, Object>> list(@RequestParam(defaultValue = "") String keyword,
                                          @RequestParam(defaultValue = "name") String order) {
        String pattern = "%" + keyword.replace("%", "").replace("_", "") + "%";
        return "price".equals(order) ? mapper.byPrice(pattern) : mapper.byName(pattern);
    }

    @PostMapping
    public void add(@RequestBody NewAsset asset) {
        mapper.insert(asset);
    }

    public static class NewAsset {
        private String name;
        private long priceCents;

        public String getName() {
            return name;
        }

        public void setName(String name) {
            this.name = name;
        }

        public long getPriceCents() {
            return priceCents;
        }

        public void setPriceCents(long priceCents) {
            this.priceCents = priceCents;
        }
    }

    @Mapper
    public interface AssetMapper {

        String COLUMNS = "SELECT id, name, price_cents FROM asset WHERE name LIKE #{pattern} ";

        @Select(COLUMNS + "ORDER BY name LIMIT 200")
        List<Map<String, Object>> byName(@Param("pattern") String pattern);

        @Select(COLUMNS + "ORDER BY price_cents LIMIT 200")
        List<Map<String, Object>> byPrice(@Param("pattern") String pattern);

        @Insert("INSERT INTO asset (name, price_cents) VALUES (#{name}, #{priceCents})")
        int insert(NewAsset asset);
    }
}
