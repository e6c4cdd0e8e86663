package com.acme.hr.web;

import java.util.List;
import java.util.Map;
import org.apache.ibatis.annotations.Mapper;
import org.apache.ibatis.annotations.Param;
import org.apache.ibatis.annotations.Select;
import org.springframework.http.ResponseEntity;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.RestController;

@RestController
@RequestMapping("/employees")
public class C042EmployeeMapperController {

    private final EmployeeMapper mapper;

    public C042EmployeeMapperController(EmployeeMapper mapper) {
        this.mapper = mapper;
    }

    @GetMapping("/{id}")
    public ResponseEntity<Map<String, Object>> one(@PathVariable long id) {
        Map<String, Object> employee = mapper.byId(id);
        return employee == null ? ResponseEntity.notFound().build() : ResponseEntity.ok(employee);
    }

    @GetMapping
    public List<Map<String, Object>> list(@RequestParam(defaultValue = "") String keyword,
                                          @RequestParam(defaultValue = "last_name") String orderBy,
                                          @RequestParam(defaultValue = "50") int limit) {
        return mapper.search(keyword.trim(), orderBy, Math.min(limit, 200));
    }

    @Mapper
    public interface EmployeeMapper {

        @Select("SELECT id, first_name, last_name, department FROM employee WHERE id = #{id}")
        Map<String, Object> byId(@Param("id") long id);

        @Select({
            "SELECT id, first_name, last_name, department",
            "FROM employee",
            "WHERE active = 1 AND (last_name LIKE '%${keyword}%' OR department = #{keyword})",
            "ORDER BY ${orderBy}",
            "LIMIT #{limit}"
        })
        List<Map<String, Object>> search(@Param("keyword") String keyword,
                                         @Param("orderBy") String orderBy,
                                         @Param("limit") int limit);
    }
}
