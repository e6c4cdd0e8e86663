package com.acme.hr.dao;

import java.util.List;
import org.hibernate.Session;
import org.hibernate.SessionFactory;
import org.springframework.stereotype.Repository;
import org.springframework.transaction.annotation.Transactional;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.RestController;

@Repository
class EmployeeDao {

    private final SessionFactory sessions;

    EmployeeDao(SessionFactory sessions) {
        this.sessions = sessions;
    }

    @Transactional(readOnly = true)
    List<Employee> byDepartment(long department, String order) {
        Session session = sessions.getCurrentSession();
        String hql = "from Employee e where e.department.id = :d order by " + order;
        return session.createQuery(hql, Employee.class)
                .setParameter("d", department)
                .setMaxResults(200)
                .list();
    }
}

@RestController
class EmployeeController {

    private final EmployeeDao dao;

    EmployeeController(EmployeeDao dao) {
        this.dao = dao;
    }

    @GetMapping("/departments/{id}/employees")
    List<Employee> list(@PathVariable long id, @RequestParam(defaultValue = "e.name") String order) {
        return dao.byDepartment(id, order);
    }
}
